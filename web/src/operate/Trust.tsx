// Trust alerts: sessions that are trusted less, why, and what changed lately.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { trust } from "../app/api/calls.trust";
import type { SessionTrust, TrustAlert, TrustVerdict, TrustWhy } from "../app/api/types.trust";
import { sayList } from "../app/say";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { TrustReasons } from "../app/TrustReasons";
import { WideTable } from "../app/WideTable";
import { RosterTable } from "./Roster";
import { SureButton } from "./SureButton";
import "./trust.css";

function VerdictTag({ verdict }: { verdict: TrustVerdict }) {
  const { t } = useTranslation();
  const look = verdict === "allow" ? "" : verdict === "block" ? "tag-alarm" : "tag-warn";
  return (
    <span className={`tag ${look}`} data-testid="trust-verdict">
      {verdict !== "allow" && "▲ "}
      {t(`trust.verdict_${verdict}`)}
    </span>
  );
}

function Why({ why }: { why: TrustWhy }) {
  const { t, i18n } = useTranslation();
  const unknown = why.unknown.map((name) => t(`trust.signal_${name}`));
  return (
    <>
      <TrustReasons reasons={why.reasons} />
      {unknown.length > 0 && (
        <div className="dim">{t("trust.unknown", { list: sayList(unknown, i18n.language) })}</div>
      )}
    </>
  );
}

function Sessions({ rows }: { rows: SessionTrust[] }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: trust.end,
    onSettled: () => void client.invalidateQueries({ queryKey: ["trust"] }),
  });
  if (rows.length === 0) return <Empty title={t("trust.none")} hint={t("trust.none_hint")} />;
  return (
    <>
      {end.error && <Failure error={end.error} />}
      <WideTable label={t("trust.sessions")}>
        <RosterTable
          label={t("trust.sessions")}
          rows={rows}
          idOf={(one) => one.session}
          rowTestId="trust-session"
          columns={[
            {
              key: "who",
              head: t("trust.head_who"),
              show: (one) => (
                <>
                  {one.name}
                  <div className="dim">{t(`role.${one.role}`)}</div>
                </>
              ),
            },
            {
              key: "verdict",
              head: t("trust.head_verdict"),
              show: (one) => (
                <>
                  <VerdictTag verdict={one.verdict} />
                  {one.is_held && <div className="ink-warn">{t("trust.held")}</div>}
                </>
              ),
            },
            { key: "score", head: t("trust.head_score"), show: (one) => one.score, className: "number" },
            { key: "why", head: t("trust.head_why"), show: (one) => <Why why={one.why} /> },
            { key: "since", head: t("trust.head_since"), show: (one) => <Age at={one.since_us} /> },
            {
              key: "act",
              head: t("trust.head_act"),
              show: (one) =>
                may("trust.end") && (
                  <SureButton
                    label={t("trust.end")}
                    sure={t("trust.end_sure")}
                    isBusy={end.isPending && end.variables === one.session}
                    onSure={() => end.mutate(one.session)}
                    testId="trust-end"
                  />
                ),
            },
          ]}
        />
      </WideTable>
    </>
  );
}

function Alerts({ rows }: { rows: TrustAlert[] }) {
  const { t } = useTranslation();
  if (rows.length === 0) return <p className="dim">{t("trust.no_alert")}</p>;
  return (
    <WideTable label={t("trust.alerts")}>
      <RosterTable
        label={t("trust.alerts")}
        rows={rows}
        idOf={(one) => one.id}
        rowTestId="trust-alert"
        columns={[
          { key: "when", head: t("trust.head_since"), show: (one) => <Age at={one.at_us} /> },
          { key: "who", head: t("trust.head_who"), show: (one) => one.name },
          {
            key: "change",
            head: t("trust.head_verdict"),
            show: (one) => (
              <>
                {t(`trust.verdict_${one.before}`)} → <VerdictTag verdict={one.verdict} />
                {one.has_ended && <div className="ink-warn">{t("trust.ended")}</div>}
              </>
            ),
          },
          { key: "score", head: t("trust.head_score"), show: (one) => one.score, className: "number" },
          { key: "why", head: t("trust.head_why"), show: (one) => <Why why={one.why} /> },
          {
            key: "from",
            head: t("trust.head_from"),
            show: (one) => one.came_from ?? t("trust.from_unknown"),
            className: "code",
          },
        ]}
      />
    </WideTable>
  );
}

export function Trust() {
  const { t } = useTranslation();
  // A change is heard on the live stream; a session that grew idle is not.
  const query = useQuery({ queryKey: ["trust"], queryFn: trust.state, refetchInterval: 60_000 });
  return (
    <Answer query={query}>
      {({ sessions, alerts }) => (
        <div className="stack">
          <p className="dim">{t("trust.intro")}</p>
          {/* Only this is read out: in the tables ages change by themselves. */}
          <p className="unseen" role="status">
            {t("trust.how_many", { n: sessions.length })}
          </p>
          <div className="trust-cards">
            <h3 className="section-title">{t("trust.sessions")}</h3>
            <Sessions rows={sessions} />
          </div>
          <div className="trust-cards">
            <h3 className="section-title">{t("trust.alerts")}</h3>
            <Alerts rows={alerts} />
          </div>
        </div>
      )}
    </Answer>
  );
}
