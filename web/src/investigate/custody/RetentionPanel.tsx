// How long each class is kept, and the certificates of what was destroyed.

import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import { custody } from "../../app/api/calls.lake";
import type { Retention } from "../../app/api/types.lake";
import { Answer, Empty } from "../../app/states";

const DAY_US = 86_400_000_000;
const amount = (n: number) => n.toLocaleString("en");

function Classes({ classes }: Pick<Retention, "classes">) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reachable by keyboard
    <section className="wide-table" tabIndex={0} aria-label={t("custody.retention")}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {["class", "days", "basis", "rows", "oldest"].map((head) => (
              <Table.Th key={head}>{t(`custody.head_${head}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {classes.map((one) => (
            <Table.Tr key={one.class}>
              <Table.Td className="nowrap">{t(`custody.class_${one.class}`)}</Table.Td>
              <Table.Td className="number nowrap">
                {one.days === null ? t("custody.while_held") : t("custody.days", { count: one.days })}
              </Table.Td>
              <Table.Td>{one.legal_basis}</Table.Td>
              <Table.Td className="number">{amount(one.sightings)}</Table.Td>
              <Table.Td className="number nowrap">
                {one.oldest_us === null ? "—" : taipei(one.oldest_us).slice(0, 10)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Certificates({ certificates }: Pick<Retention, "certificates">) {
  const { t } = useTranslation();
  if (certificates.length === 0) return <Empty title={t("custody.certificates_none")} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
    <section className="wide-table" tabIndex={0} aria-label={t("custody.certificates")}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {["ran", "before", "purged", "kept", "twice", "pictures", "keys", "balance"].map((head) => (
              <Table.Th key={head}>{t(`custody.head_${head}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {certificates.map((c) => (
            <Table.Tr key={c.ran_at_us} data-testid="certificate-row">
              <Table.Td className="number nowrap">{taipei(c.ran_at_us)}</Table.Td>
              <Table.Td className="number">{amount(c.rows_before)}</Table.Td>
              <Table.Td className="number">{amount(c.purged)}</Table.Td>
              <Table.Td className="number">{amount(c.kept)}</Table.Td>
              <Table.Td className="number">{amount(c.duplicates)}</Table.Td>
              <Table.Td className="number">{amount(c.pictures_moved)}</Table.Td>
              <Table.Td className="number nowrap">{taipei(c.keys_until_day * DAY_US).slice(0, 10)}</Table.Td>
              <Table.Td className={c.is_balanced ? "nowrap" : "ink-alarm nowrap"}>
                {c.is_balanced ? `✓ ${t("custody.balanced")}` : `▲ ${t("custody.unbalanced")}`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

export function RetentionPanel() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["lake", "retention"], queryFn: custody.retention });
  return (
    <section className="panel">
      <h2 className="section-title">{t("custody.retention")}</h2>
      <Answer query={query}>
        {(data) => (
          <>
            <Classes classes={data.classes} />
            <h3 className="section-title">{t("custody.certificates")}</h3>
            <p className="dim">{t("custody.certificates_hint")}</p>
            <Certificates certificates={data.certificates} />
            {data.erasures.length > 0 && (
              <>
                <h3 className="section-title">{t("custody.erasures")}</h3>
                <ul className="erasures">
                  {data.erasures.map((one) => (
                    <li key={one.at_us}>
                      <span className="number">{taipei(one.at_us)}</span> {one.by_name} ·{" "}
                      {t("custody.erased", { count: one.erased, pictures: one.pictures })} ·{" "}
                      <span className="dim">
                        {one.reason}
                        {one.case_ref && t("app.in_brackets", { text: one.case_ref })}
                      </span>
                    </li>
                  ))}
                </ul>
              </>
            )}
          </>
        )}
      </Answer>
    </section>
  );
}
