// Who outside of this house signs the log, how far, and what we as a witness had to refuse to others.

import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { oversight } from "../app/api/calls";
import type { Evidence, OwnWitness, Witnesses as WitnessReport, WitnessState } from "../app/api/types";
import { Answer, Empty } from "../app/states";

/** Colour is never alone: each standing has its sign and its word. */
const SIGNS = { current: "✓", late: "△", alarm: "▲" } as const;
const INKS = { current: "", late: "ink-warn", alarm: "ink-alarm" } as const;

const REFRESH_MS = 15_000;

function Row({ witness, size }: { witness: WitnessState; size: number }) {
  const { t } = useTranslation();
  const behind = size - witness.size;
  return (
    <Table.Tr data-testid="witness-row">
      <Table.Td className="nowrap" title={witness.url}>
        {witness.name}
      </Table.Td>
      <Table.Td className={`nowrap ${INKS[witness.standing]}`}>
        {SIGNS[witness.standing]} {t(`witness.standing_${witness.standing}`)}
      </Table.Td>
      <Table.Td className="number">
        {witness.size}
        {behind > 0 && <span className="dim"> {t("witness.behind", { count: behind })}</span>}
      </Table.Td>
      <Table.Td className="nowrap">
        {witness.signed_at_us === null ? "—" : <Age at={witness.signed_at_us} />}
      </Table.Td>
      <Table.Td>
        {witness.outcome === null && t("witness.not_asked")}
        {witness.outcome !== null && witness.outcome !== "signed" && (
          <>
            <strong>{t(`witness.outcome_${witness.outcome}`)}</strong>
            {witness.failing_since_us !== null && (
              <span className="dim">
                {" "}
                {t("witness.since")} <Age at={witness.failing_since_us} />
              </span>
            )}
            <div className="code">{witness.said}</div>
          </>
        )}
      </Table.Td>
      <Table.Td className="code witness-key">{witness.key}</Table.Td>
    </Table.Tr>
  );
}

function Refused({ found }: { found: Evidence }) {
  const { t } = useTranslation();
  return (
    <details className="evidence" data-testid="evidence">
      <summary>
        <span className={found.kind === "fork" ? "ink-alarm" : "ink-warn"}>
          {found.kind === "fork" ? "▲" : "△"} {t(`witness.evidence_${found.kind}`)}
        </span>{" "}
        {t("witness.evidence_of", { origin: found.origin, size: found.size, count: found.times })}{" "}
        <Age at={found.last_at_us} className="dim" />
      </summary>
      <p>{found.said}</p>
      <p className="dim">{t("witness.evidence_known")}</p>
      <pre className="code">{found.known_note}</pre>
      <p className="dim">{t("witness.evidence_sent")}</p>
      <pre className="code">{found.sent}</pre>
    </details>
  );
}

function Own({ own }: { own: OwnWitness }) {
  const { t } = useTranslation();
  return (
    <div className="own-witness">
      <h3 className="section-title">{t("witness.own_title", { count: own.logs.length })}</h3>
      <p className="code witness-key">{own.key}</p>
      <ul>
        {own.logs.map((log) => (
          <li key={log.origin}>
            <span className="code">{log.origin}</span> {t("witness.leaves", { count: log.size })}{" "}
            {log.signed_at_us !== null && <Age at={log.signed_at_us} className="dim" />}
          </li>
        ))}
      </ul>
      {own.evidence.length === 0 ? (
        <p className="dim">{t("witness.no_evidence")}</p>
      ) : (
        own.evidence.map((found) => (
          <Refused key={`${found.origin} ${found.kind} ${found.size} ${found.first_at_us}`} found={found} />
        ))
      )}
    </div>
  );
}

function Report({ report }: { report: WitnessReport }) {
  const { t } = useTranslation();
  if (report.witnesses.length === 0)
    return (
      <>
        <Empty title={t("witness.none")} hint={t("witness.none_hint")} />
        {report.own && <Own own={report.own} />}
      </>
    );
  const open = report.size - report.witnessed_size;
  return (
    <>
      <p data-testid="witnessed">
        {t("witness.witnessed", { count: report.witnessed_size, needed: report.needed, open })}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reachable by keyboard */}
      <section className="wide-table" tabIndex={0} aria-label={t("witness.title")}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              {["name", "standing", "size", "signed_at", "said", "key"].map((head) => (
                <Table.Th key={head}>{t(`witness.head_${head}`)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.witnesses.map((witness) => (
              <Row key={witness.key} witness={witness} size={report.size} />
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {report.own && <Own own={report.own} />}
    </>
  );
}

export function Witnesses() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["witnesses"],
    queryFn: oversight.witnesses,
    refetchInterval: REFRESH_MS,
  });
  return (
    <section className="panel" data-testid="witnesses">
      <h2 className="section-title">{t("witness.title")}</h2>
      <p className="dim">{t("witness.hint")}</p>
      <Answer query={query}>{(report) => <Report report={report} />}</Answer>
    </section>
  );
}
