// What would be given out, incident by incident, before it is: who decides marks what is kept back.

import { Checkbox, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import type { DisclosedIncident, DisclosurePreview } from "../../app/api/types.disclosures";
import { Heads } from "../../app/Heads";
import { useKindTitle } from "../../app/queries";
import { sayDuration } from "../../app/say";
import { WideTable } from "../../app/WideTable";
import "./disclosures.css";

const HEADS = ["given", "number", "kind", "area", "opened", "lasted", "closing_code", "text"];

interface Props {
  preview: DisclosurePreview;
  keptBack: ReadonlySet<string>;
  onKeep: (number: string, isKept: boolean) => void;
}

export function Preview({ preview, keptBack, onKeep }: Props) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  return (
    <div className="disclosure-preview folded-lines">
      <WideTable label={t("disclosure.preview")}>
        <Table data-testid="disclosure-preview">
          <Heads of="disclosure" heads={HEADS} />
          <Table.Tbody>
            {preview.entries.map(({ number, text }) => {
              const of = JSON.parse(text) as DisclosedIncident;
              return (
                <Table.Tr key={number} data-testid="preview-row" data-number={number}>
                  <Table.Td>
                    <Checkbox
                      aria-label={t("disclosure.give", { number })}
                      checked={!keptBack.has(number)}
                      onChange={(event) => onKeep(number, !event.currentTarget.checked)}
                    />
                  </Table.Td>
                  <Table.Td className="number">{number}</Table.Td>
                  <Table.Td>
                    {kindTitle(of.kind)} · {t("incident.priority", { n: of.priority })}
                  </Table.Td>
                  <Table.Td>{of.area || t("app.none")}</Table.Td>
                  <Table.Td className="number">{taipei(of.opened_hour_us).slice(0, 13)}</Table.Td>
                  <Table.Td className="number">
                    {of.lasted_s === null ? t("app.none") : sayDuration(of.lasted_s, t)}
                  </Table.Td>
                  <Table.Td>
                    {of.closing_code ? t(`closing_code.${of.closing_code}`) : t("app.none")}
                  </Table.Td>
                  <Table.Td>
                    {/* Byte by byte: what the columns leave out is given out all the same. */}
                    <details>
                      <summary>{t("disclosure.lines", { count: of.log.length })}</summary>
                      <pre className="entry-text">{text}</pre>
                    </details>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </WideTable>
    </div>
  );
}
