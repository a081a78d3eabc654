// One seal: that it is there, and for those who know it what it is about.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActButtons } from "../app/ActButtons";
import { taipei } from "../app/age";
import type { Seal, SealContent } from "../app/api/types.seals";
import { sayList } from "../app/say";
import { useSession } from "../app/session";
import { actsOf, type SealAct, SealActForm } from "./SealActs";

function Content({ of }: { of: SealContent }) {
  const { t, i18n } = useTranslation();
  const lines: [string, string | null][] = [
    ["plates", sayList(of.plates, i18n.language)],
    [
      "members",
      sayList(
        of.members.map((member) => member.name),
        i18n.language,
      ),
    ],
    ["reason", of.reason],
    ["asked_by", of.asked_by_name],
    ["decider", of.decider_name],
    ["note", of.decided_note || null],
    ["extended_by", of.extended_by_name],
    [
      "lift_asked_by",
      of.lift_asked_by_name &&
        t("seals.lift_asked_says", { by: of.lift_asked_by_name, reason: of.lift_reason }),
    ],
    ["lifted_by", of.lifted_by_name],
  ];
  return (
    <dl className="seal-content">
      {lines.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt className="dim">{t(`seals.${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

export function SealCard({ of }: { of: Seal }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [open, setOpen] = useState<SealAct | null>(null);
  const acts = actsOf(of, may("seals.decide"));
  // Another form may have been opened while this one waited for its answer.
  const done = () => setOpen((now) => (now === open ? null : now));
  const title = of.content?.case_ref ?? t("seals.unknown", { at: taipei(of.asked_at_us) });
  return (
    <article className="panel seal" data-testid="seal" aria-label={title}>
      <h2 className="section-title">{title}</h2>
      <p className={of.state === "in_force" ? "seal-in-force" : "dim"}>
        {of.state === "in_force" && "■ "}
        {t(`seals.state_${of.state}`, { at: taipei(of.ends_at_us) })}
      </p>
      <p className="number">{t("seals.counts", { plates: of.plates_sealed, members: of.members_named })}</p>
      <p className="dim">{t("seals.offices", { asked: of.asked_office, decided: of.decider_office })}</p>
      {of.is_lift_asked && of.state === "in_force" && <p className="note-warn">▲ {t("seals.lift_waits")}</p>}
      {of.content ? <Content of={of.content} /> : <p className="dim">{t("seals.not_yours")}</p>}
      <ActButtons acts={acts} open={open} onOpen={setOpen} texts="seals" page="seal" />
      {open && acts.includes(open) && <SealActForm act={open} of={of} onDone={done} />}
    </article>
  );
}
