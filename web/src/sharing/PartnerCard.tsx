// One partner: whether anything passes, by which agreement, and how much did.

import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActButtons } from "../app/ActButtons";
import { taipei } from "../app/age";
import { sharing } from "../app/api/calls.sharing";
import type { SharingPartner } from "../app/api/types.sharing";
import { Heads } from "../app/Heads";
import { useSession } from "../app/session";
import { Answer } from "../app/states";
import { WideTable } from "../app/WideTable";
import { Agree, Switch } from "./PartnerActs";
import { stateOf } from "./state";

const HOUR_US = 3_600_000_000;
const HEADS = ["hour", "direction", "kind", "passed", "refused", "basis"];

function Hours({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["sharing", id], queryFn: () => sharing.get(id) });
  return (
    <Answer query={query}>
      {(shown) => (
        <div className="partner-hours folded-lines">
          <WideTable label={t("sharing.hours")}>
            <Table>
              <Heads of="sharing" heads={HEADS} ends={["passed", "refused"]} />
              <Table.Tbody>
                {shown.hours.map((hour) => (
                  <Table.Tr key={`${hour.hour} ${hour.direction} ${hour.kind} ${hour.basis}`}>
                    <Table.Td className="number">{taipei(hour.hour * HOUR_US)}</Table.Td>
                    <Table.Td>{t(`sharing.direction_${hour.direction}`)}</Table.Td>
                    <Table.Td>{t(`sharing.kind_${hour.kind}`, { defaultValue: hour.kind })}</Table.Td>
                    <Table.Td className="number number-cell">{hour.passed}</Table.Td>
                    <Table.Td className="number number-cell">{hour.refused}</Table.Td>
                    <Table.Td>{hour.basis ?? t("sharing.no_agreement")}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
        </div>
      )}
    </Answer>
  );
}

function State({ of }: { of: SharingPartner }) {
  const { t } = useTranslation();
  const state = stateOf(of);
  const at = taipei((state === "off" ? of.off_at_us : of.passes_until_us) ?? 0);
  if (state === "off") {
    return (
      <>
        <p className="note-warn partner-stopped" role="alert">
          ▲ {t("sharing.off_since", { at, by: of.off_by_name, reason: of.off_reason })}
        </p>
        {of.on_asked_by_name !== null && (
          <p>{t("sharing.on_asked", { by: of.on_asked_by_name, reason: of.on_reason })}</p>
        )}
      </>
    );
  }
  if (state === "undated") return <p className="dim">{t("sharing.undated")}</p>;
  if (state === "over") return <p className="note-warn partner-stopped">▲ {t("sharing.over", { at })}</p>;
  return (
    <p className={state === "agreed" ? "dim" : "note-warn"}>
      {t(`sharing.${state}`, { at, basis: of.agreement?.basis })}
    </p>
  );
}

type Act = "off" | "on" | "agree" | "hours";

function actsOf(of: SharingPartner, may: (permission: string) => boolean): Act[] {
  const acts: Act[] = ["hours"];
  if (may("sharing.allow")) acts.unshift("agree");
  if (of.off_at_us === null && may("sharing.stop")) acts.unshift("off");
  if (of.off_at_us !== null && may("sharing.allow")) acts.unshift("on");
  return acts;
}

export function PartnerCard({ of }: { of: SharingPartner }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [open, setOpen] = useState<Act | null>(null);
  const acts = actsOf(of, may);
  // What persons fetched without saying for whom, by its format.
  const title = of.id.startsWith("unnamed ") ? t("sharing.unnamed", { format: of.title }) : of.title;
  // Somebody else may have done meanwhile what was begun here.
  const act = open && acts.includes(open) ? open : null;
  // Another form may have been opened while this one waited for its answer.
  const done = () => setOpen((now) => (now === open ? null : now));
  return (
    <article className="panel partner" data-testid="partner" aria-label={title}>
      <h2 className="section-title">{title}</h2>
      <State of={of} />
      <p className="number">{t("sharing.day", { passed: of.passed_day, refused: of.refused_day })}</p>
      <ActButtons acts={acts} open={act} onOpen={setOpen} texts="sharing" page="sharing" red={["off"]} />
      {(act === "off" || act === "on") && <Switch key={act} of={of} way={act} onDone={done} />}
      {act === "agree" && <Agree of={of} onDone={done} />}
      {act === "hours" && <Hours id={of.id} />}
    </article>
  );
}
