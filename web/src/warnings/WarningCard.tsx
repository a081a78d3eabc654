// One warning whole: its texts, how sure and how bad, who lies in it now, and what a person may do about it.

import { ActionIcon, Button, CopyButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Age } from "../app/Age";
import { taipei, useNow } from "../app/age";
import { warnings } from "../app/api/calls.warnings";
import type { Id } from "../app/api/types";
import type { Warning, WarningInForce, WarningText } from "../app/api/types.warnings";
import { Icon } from "../app/icons";
import { useKindTitle } from "../app/queries";
import { incidentPath } from "../app/rooms";
import { useSession } from "../app/session";
import { Answer, Failure } from "../app/states";
import { SureButton } from "../operate/SureButton";
import { useWarning } from "./useWarnings";
import { SeverityMark, WarningTags } from "./WarningRow";
import { headlineOf, placesOf, stateOf, textIn } from "./words";

function Fact({ name, children }: { name: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div>
      <dt>{t(`warning.${name}`)}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Facts({ warning, first }: { warning: Warning; first: WarningText | null }) {
  const { t } = useTranslation();
  const word = (kind: "urgency" | "severity" | "certainty", value: string | undefined) =>
    value ? t(`warning.${kind}.${value}`, { defaultValue: value }) : "—";
  return (
    <dl className="facts">
      <Fact name="head_degree">
        {word("severity", first?.severity)} · {word("urgency", first?.urgency)} ·{" "}
        {word("certainty", first?.certainty)}
      </Fact>
      <Fact name="area_name">{placesOf(warning, t) || "—"}</Fact>
      <Fact name="expires">
        <span className="number">{taipei(warning.expires_at_us).slice(0, 16)}</span>
        <span className="dim">
          {" "}
          · <Age at={warning.expires_at_us} />
        </span>
      </Fact>
      <Fact name="head_sender">{warning.is_ours ? t("warning.ours") : warning.sender}</Fact>
      <Fact name={warning.is_ours ? "head_drafted" : "head_taken"}>{warning.created_by_name}</Fact>
      {warning.issued_at_us !== null && (
        <Fact name="head_issued">
          {warning.issued_by_name} ·{" "}
          <span className="number">{taipei(warning.issued_at_us).slice(0, 16)}</span>
        </Fact>
      )}
    </dl>
  );
}

function Texts({ texts }: { texts: WarningText[] }) {
  const { t } = useTranslation();
  return texts.map((text) => (
    <section
      key={`${text.language} ${text.event} ${text.headline}`}
      className="warning-text"
      lang={text.language}
    >
      <h3 className="section-title">
        {t(`warning.language.${text.language}`, { defaultValue: text.language })}
      </h3>
      <strong>{text.headline || text.event}</strong>
      {text.description && <p>{text.description}</p>}
      {text.instruction && <p className="warning-do">→ {text.instruction}</p>}
    </section>
  ));
}

function Inside({ shown }: { shown: WarningInForce }) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  if (!shown.has_shape) return <p className="note-warn">▲ {t("warning.no_shape")}</p>;
  return (
    <div className="warning-inside">
      <section>
        <h3 className="section-title">{t("warning.incidents_inside", { count: shown.incidents.length })}</h3>
        <ul data-testid="warning-incidents">
          {shown.incidents.map((one) => (
            <li key={one.id}>
              <Link className="plain-link" href={incidentPath(one.id)}>
                {one.number}
              </Link>{" "}
              {kindTitle(one.kind)}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3 className="section-title">{t("warning.units_inside", { count: shown.units.length })}</h3>
        <ul data-testid="warning-units">
          {shown.units.map((one) => (
            <li key={one.id}>
              {one.call_sign}{" "}
              {one.position_at_us !== null && (
                <span className="dim">
                  <Age at={one.position_at_us} />
                </span>
              )}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function DraftActs({ warning }: { warning: Warning }) {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const client = useQueryClient();
  const now_ms = useNow();
  const refresh = () => void client.invalidateQueries({ queryKey: ["warnings"] });
  const issue = useMutation({ mutationFn: () => warnings.issue(warning.id), onSettled: refresh });
  const discard = useMutation({ mutationFn: () => warnings.discard(warning.id), onSettled: refresh });
  const error = issue.error ?? discard.error;
  const isLate = stateOf(warning, now_ms) === "draft_late";
  // The list says a name and no id; the server knows who it was.
  const isOwn = warning.created_by_name === me?.name;
  return (
    <>
      <p className={isLate ? "note-warn" : "note-good"} data-testid="warning-waits">
        {isLate
          ? `▲ ${t("warning.late")}`
          : t(isOwn ? "warning.waits_own" : "warning.waits", { name: warning.created_by_name })}
      </p>
      {error && <Failure error={error} />}
      <div className="warning-acts">
        {may("warnings.issue") && !isLate && (
          <SureButton
            label={t("warning.issue")}
            sure={t("warning.issue_sure")}
            isBusy={issue.isPending}
            onSure={() => issue.mutate()}
            testId="warning-issue"
          />
        )}
        {may("warnings.draft") && (
          <SureButton
            label={t("warning.discard")}
            sure={t("warning.discard_sure")}
            isBusy={discard.isPending}
            onSure={() => discard.mutate()}
            testId="warning-discard"
          />
        )}
      </div>
    </>
  );
}

function IssuedActs({ warning }: { warning: Warning }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const now_ms = useNow();
  const path = warnings.documentPath(warning.id);
  const write = (kind: "update" | "cancel") => (
    <Button
      size="xs"
      variant="default"
      component={Link}
      href={`/warnings?tab=write&${kind}=${warning.id}`}
      data-testid={`warning-${kind}`}
    >
      {t(`warning.${kind}`)}
    </Button>
  );
  return (
    <div className="warning-acts">
      {stateOf(warning, now_ms) === "in_force" && may("warnings.draft") && (
        <>
          {write("update")}
          {write("cancel")}
        </>
      )}
      <Button
        size="xs"
        variant="default"
        component="a"
        href={path}
        target="_blank"
        rel="noreferrer"
        data-testid="warning-document"
      >
        {t("warning.document")}
      </Button>
      <CopyButton value={`${window.location.origin}${path}`}>
        {({ copied, copy }) => (
          <Button size="xs" variant="default" onClick={copy}>
            {t(copied ? "app.copied" : "warning.copy_link")}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}

function Whole({ shown, onClose }: { shown: WarningInForce; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { warning } = shown;
  const isDraft = warning.state === "draft";
  const isIssued = warning.is_ours && !isDraft && warning.state !== "discarded";
  return (
    <>
      <header className="warning-head">
        <SeverityMark warning={warning} />
        <div>
          <h2>{headlineOf(warning, i18n.language)}</h2>
          <WarningTags warning={warning} />
        </div>
        <ActionIcon variant="subtle" color="gray" size={44} aria-label={t("app.close")} onClick={onClose}>
          <Icon name="close" size={20} />
        </ActionIcon>
      </header>
      {isDraft && <DraftActs warning={warning} />}
      {warning.ended_by && (
        <p className="dim">
          {t(`warning.ended_${warning.state}`, { defaultValue: t("warning.ended") })}{" "}
          <Link className="plain-link" href={`/warnings?over=1&warning=${warning.ended_by}`}>
            {t("warning.see_later")}
          </Link>
        </p>
      )}
      {warning.earlier && (
        <p className="dim">
          {t("warning.refers")}{" "}
          <Link className="plain-link" href={`/warnings?over=1&warning=${warning.earlier}`}>
            {t("warning.see_earlier")}
          </Link>
        </p>
      )}
      <Facts warning={warning} first={textIn(warning.texts, i18n.language)} />
      <Texts texts={warning.texts} />
      <Inside shown={shown} />
      {isIssued && <IssuedActs warning={warning} />}
      <p className="dim code">{warning.identifier}</p>
    </>
  );
}

export function WarningCard({ id, onClose }: { id: Id; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useWarning(id);
  return (
    <section className="panel warning-card" aria-label={t("warning.card")} data-testid="warning-card">
      <Answer query={query}>{(shown) => <Whole shown={shown} onClose={onClose} />}</Answer>
    </section>
  );
}
