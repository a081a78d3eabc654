// Whom the house shares with: what passed, by which agreement, and one switch for each.

import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { microsFromTaipei, taipei, taipeiDay } from "../app/age";
import { sharing } from "../app/api/calls.sharing";
import type { SharingPartner } from "../app/api/types.sharing";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";
import "./sharing.css";

const LIST = ["sharing"];
const TEXT_MIN = 5;
const TEXT_MAX = 500;
const HOUR_US = 3_600_000_000;

function useAct(run: () => Promise<SharingPartner>, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: LIST });
      onDone();
    },
  });
}

function Reason({ of, way, onDone }: { of: SharingPartner; way: "off" | "on"; onDone: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const act = useAct(() => sharing[way](of.id, reason.trim()), onDone);
  return (
    <ActForm
      className="stack"
      act={act}
      label={t(`sharing.${way}_sure`)}
      isComplete={reason.trim().length >= TEXT_MIN}
      button={way === "off" ? { color: "red" } : {}}
      buttonTestId={`sharing-${way}-sure`}
    >
      <p className="dim">{t(`sharing.${way}_hint`)}</p>
      <Textarea
        label={t("sharing.reason")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        maxLength={TEXT_MAX}
        autosize
        minRows={2}
        required
      />
    </ActForm>
  );
}

function Agree({ of, onDone }: { of: SharingPartner; onDone: () => void }) {
  const { t } = useTranslation();
  const [basis, setBasis] = useState(of.agreement?.basis ?? "");
  const [until, setUntil] = useState("");
  const until_us = until ? microsFromTaipei(`${until}T23:59`) : null;
  const act = useAct(() => sharing.agree(of.id, basis.trim(), until_us ?? 0), onDone);
  return (
    <ActForm
      className="form-grid"
      act={act}
      label={t("sharing.agree_sure")}
      isComplete={until_us !== null && basis.trim().length >= TEXT_MIN}
      buttonTestId="sharing-agree-sure"
    >
      <Textarea
        label={t("sharing.basis")}
        description={t("sharing.basis_hint")}
        value={basis}
        onChange={(event) => setBasis(event.currentTarget.value)}
        maxLength={TEXT_MAX}
        autosize
        minRows={2}
        required
      />
      <TextInput
        type="date"
        label={t("sharing.until")}
        description={t("sharing.until_hint")}
        value={until}
        min={taipeiDay((Date.now() + 2 * 86_400_000) * 1000)}
        onChange={(event) => setUntil(event.currentTarget.value)}
        required
      />
    </ActForm>
  );
}

function Hours({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: [...LIST, id], queryFn: () => sharing.get(id) });
  return (
    <Answer query={query}>
      {(shown) => (
        <WideTable label={t("sharing.hours")}>
          <table className="data-table">
            <thead>
              <tr>
                <th>{t("sharing.hour")}</th>
                <th>{t("sharing.direction")}</th>
                <th>{t("sharing.kind")}</th>
                <th>{t("sharing.passed")}</th>
                <th>{t("sharing.refused")}</th>
                <th>{t("sharing.basis")}</th>
              </tr>
            </thead>
            <tbody>
              {shown.hours.map((hour) => (
                <tr key={`${hour.hour} ${hour.direction} ${hour.kind} ${hour.basis}`}>
                  <td className="number">{taipei(hour.hour * HOUR_US)}</td>
                  <td>{t(`sharing.direction_${hour.direction}`)}</td>
                  <td>{t(`sharing.kind_${hour.kind}`, { defaultValue: hour.kind })}</td>
                  <td className="number">{hour.passed}</td>
                  <td className="number">{hour.refused}</td>
                  <td>{hour.basis ?? t("sharing.no_agreement")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      )}
    </Answer>
  );
}

function State({ of }: { of: SharingPartner }) {
  const { t } = useTranslation();
  if (of.off_at_us !== null) {
    return (
      <>
        <p className="note-warn partner-stopped" role="alert">
          ▲ {t("sharing.off_since", { at: taipei(of.off_at_us), by: of.off_by_name, reason: of.off_reason })}
        </p>
        {of.on_asked_by_name !== null && (
          <p>{t("sharing.on_asked", { by: of.on_asked_by_name, reason: of.on_reason })}</p>
        )}
      </>
    );
  }
  const at = taipei(of.passes_until_us ?? 0);
  if (of.is_stopped) return <p className="note-warn partner-stopped">▲ {t("sharing.over", { at })}</p>;
  return (
    <p className={of.agreement ? "dim" : "note-warn"}>
      {t(of.agreement ? "sharing.agreed" : "sharing.not_agreed", { at, basis: of.agreement?.basis })}
    </p>
  );
}

type Act = "off" | "on" | "agree" | "hours";

function Card({ of }: { of: SharingPartner }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [open, setOpen] = useState<Act | null>(null);
  const acts: Act[] = ["hours"];
  if (may("sharing.allow")) acts.unshift("agree");
  if (of.off_at_us === null && may("sharing.stop")) acts.unshift("off");
  if (of.off_at_us !== null && may("sharing.allow")) acts.unshift("on");
  const done = () => setOpen(null);
  return (
    <article className="panel partner" data-testid="partner" aria-label={of.title}>
      <h2 className="section-title">{of.title}</h2>
      <State of={of} />
      <p className="number">{t("sharing.day", { passed: of.passed_day, refused: of.refused_day })}</p>
      <div className="partner-buttons">
        {acts.map((act) => (
          <Button
            key={act}
            variant={open === act ? "filled" : "default"}
            color={act === "off" ? "red" : undefined}
            aria-expanded={open === act}
            onClick={() => setOpen(open === act ? null : act)}
            data-testid={`sharing-${act}`}
          >
            {t(`sharing.act_${act}`)}
          </Button>
        ))}
      </div>
      {(open === "off" || open === "on") && <Reason of={of} way={open} onDone={done} />}
      {open === "agree" && <Agree of={of} onDone={done} />}
      {open === "hours" && <Hours id={of.id} />}
    </article>
  );
}

export default function SharingPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: LIST, queryFn: sharing.list });
  return (
    <div className="page">
      <p className="dim">{t("sharing.intro")}</p>
      <Answer query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t("sharing.none")} />
          ) : (
            page.items.map((of) => <Card key={of.id} of={of} />)
          )
        }
      </Answer>
    </div>
  );
}
