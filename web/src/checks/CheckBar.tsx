// On every page of the console: crews that have not said that they are well. It stays until a dispatcher says how they were heard of.

import "./checks.css";
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Age } from "../app/Age";
import { taipeiTime } from "../app/age";
import { checks as calls } from "../app/api/calls.shifts";
import type { Id } from "../app/api/types";
import type { Check } from "../app/api/types.shifts";
import { Icon } from "../app/icons";
import { positions } from "../app/positions";
import { useUnits } from "../app/queries";
import { incidentPath } from "../app/rooms";
import { useSession } from "../app/session";
import { explain } from "../app/states";
import { useBeeps } from "../command/Alarm";
import { PlaceAge } from "../panic/PanicBanner";
import { type SirenState, useSiren } from "../panic/siren";
import { loudness } from "./alarm";
import { useChecks } from "./useChecks";

const QUICK = ["radio", "phone", "colleague"] as const;

function DealForm({ check, onEnd }: { check: Check; onEnd: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const deal = useMutation({
    mutationFn: () => calls.deal(check.id, reason),
    onSuccess: () => {
      for (const name of ["checks", "par", "incidents"]) void client.invalidateQueries({ queryKey: [name] });
      onEnd();
    },
  });
  return (
    <form
      className="check-deal"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim()) deal.mutate();
      }}
    >
      <TextInput
        label={t("check.reason", { call_sign: check.call_sign })}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && onEnd()}
        data-autofocus
        autoFocus
        data-testid="check-reason"
      />
      <div className="acts">
        {QUICK.map((name) => (
          <Button key={name} size="xs" variant="default" onClick={() => setReason(t(`check.quick_${name}`))}>
            {t(`check.quick_${name}`)}
          </Button>
        ))}
      </div>
      <Button
        type="submit"
        disabled={!reason.trim()}
        loading={deal.isPending}
        data-testid="check-deal-submit"
      >
        {t("check.deal_submit")}
      </Button>
      <Button variant="default" onClick={onEnd}>
        {t("app.cancel")}
      </Button>
      {deal.error && (
        <p role="alert" className="ink-warn">
          ▲ {explain(deal.error, t)}
        </p>
      )}
    </form>
  );
}

function Row(props: { check: Check; isHandled: boolean; onHandle: (isOn: boolean) => void }) {
  const { check, isHandled, onHandle } = props;
  const { t } = useTranslation();
  const units = useUnits();
  const unit = units.data?.find((one) => one.id === check.unit);
  const place = unit ? positions.freshest(unit) : null;
  return (
    <li
      className="check-row"
      data-state={check.state}
      data-priority={check.priority}
      data-unit={check.call_sign}
      data-testid="check-row"
    >
      <span className="check-mark" aria-hidden="true">
        {check.state === "overdue" ? "!" : "?"}
      </span>
      <span className="check-who">
        <strong>{check.call_sign}</strong> {t(`check.row_${check.kind}_${check.state}`)}
      </span>
      <span>
        {check.incident_number ?? t("check.on_patrol")} · {t("incident.priority", { n: check.priority })}
      </span>
      <span className="dim">
        <Age at={check.asked_at_us} />
        {place?.position_at_us && (
          <>
            {" · "}
            <PlaceAge at_us={place.position_at_us} />
          </>
        )}
      </span>
      {check.answered_at_us !== null && (
        <strong>
          {t("check.said_late", { name: check.answered_by ?? "—", time: taipeiTime(check.answered_at_us) })}
        </strong>
      )}
      <span className="acts check-acts">
        {check.incident && (
          <Button size="sm" variant="default" component={Link} href={incidentPath(check.incident)}>
            {t("panic.open")}
            <span className="unseen"> {check.call_sign}</span>
          </Button>
        )}
        {!isHandled && (
          <Button
            size="sm"
            variant={check.state === "overdue" ? "filled" : "default"}
            onClick={() => onHandle(true)}
            data-testid="check-deal"
          >
            {t("check.deal")}
            <span className="unseen"> {check.call_sign}</span>
          </Button>
        )}
      </span>
      {isHandled && <DealForm check={check} onEnd={() => onHandle(false)} />}
    </li>
  );
}

function useSound(checks: Check[], handled: Id | null): SirenState {
  const loud = loudness(checks, handled);
  useBeeps(
    checks.filter((one) => one.state === "overdue").map((one) => one.id),
    loud === "repeated",
  );
  return useSiren(loud === "siren");
}

function Bar() {
  const { t } = useTranslation();
  const checks = useChecks() ?? [];
  const [handled, setHandled] = useState<Id | null>(null);
  const [isAllShown, setAllShown] = useState(false);
  const overdue = checks.filter((one) => one.state === "overdue");
  const asked = checks.filter((one) => one.state === "asked");
  const sound = useSound(checks, handled);
  const shown = isAllShown ? checks : overdue;
  return (
    <>
      <div className="unseen" role="alert" data-testid="check-announcement">
        {overdue.map((one) => t("check.announce", { call_sign: one.call_sign })).join(t("app.clause_joiner"))}
      </div>
      {checks.length > 0 && (
        <section className="check-bar" aria-label={t("check.title")} data-testid="check-bar">
          <ul>
            {shown.map((one) => (
              <Row
                key={one.id}
                check={one}
                isHandled={handled === one.id}
                onHandle={(isOn) => setHandled(isOn ? one.id : null)}
              />
            ))}
          </ul>
          {asked.length > 0 && (
            <button
              type="button"
              className="check-asked"
              aria-expanded={isAllShown}
              onClick={() => setAllShown(!isAllShown)}
              data-testid="checks-asked"
            >
              {t("check.waiting", { count: asked.length })}
              {t("app.colon")}
              {asked.map((one) => one.call_sign).join(t("app.list_joiner"))}
            </button>
          )}
          {sound === "blocked" && (
            <p className="panic-note">
              <Icon name="mute" /> {t("panic.sound_blocked")}
            </p>
          )}
        </section>
      )}
    </>
  );
}

export function CheckBar() {
  const { may } = useSession();
  return may("dispatch.order") && may("dispatch.watch") ? <Bar /> : null;
}
