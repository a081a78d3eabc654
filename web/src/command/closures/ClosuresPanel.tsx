// Which roads are closed, until when and why; close one by clicking it, lift one before its time.

import "./closures.css";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Wgs84 } from "../../app/api/types";
import type { Closure } from "../../app/api/types.way";
import { useSession } from "../../app/session";
import { Answer, Failure } from "../../app/states";
import { SureButton } from "../../operate/SureButton";
import { CardHead } from "../CardHead";
import type { Closing } from "./useClosures";

const HOURS = [1, 2, 4, 8, 24, 72];
const HOUR_US = 3_600_000_000;
const REASON_MAX = 200;

function streetsOf(closure: Closure): string[] {
  return [...new Set(closure.pieces.map((piece) => piece.street).filter(Boolean))];
}

function Row({
  closure,
  closing,
  onShow,
}: {
  closure: Closure;
  closing: Closing;
  onShow: (place: Wgs84) => void;
}) {
  const { t, i18n } = useTranslation();
  const { may } = useSession();
  const streets = streetsOf(closure);
  const time = new Date(closure.until_us / 1000).toLocaleString(i18n.language, {
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
  const [first] = closure.pieces[0]?.line ?? closure.line;
  return (
    <li className="closure-row" data-testid="closure-row">
      <div>
        <strong>{streets.join(t("app.list_joiner")) || t("closure.unnamed")}</strong>
        <p>{closure.reason}</p>
        <p className="dim">
          {t("closure.until", { time })} · {t("closure.pieces", { count: closure.pieces.length })}
        </p>
        {closure.pieces.length === 0 && <p className="note-warn">▲ {t("closure.not_on_map")}</p>}
      </div>
      <div className="closure-acts">
        {first && (
          <Button size="xs" variant="default" onClick={() => onShow(first)}>
            {t("closure.show")}
          </Button>
        )}
        {may("map.close") && (
          <SureButton
            label={t("closure.lift")}
            sure={t("closure.lift_sure")}
            isBusy={closing.lift.isPending}
            onSure={() => closing.lift.mutate(closure.id)}
            testId="closure-lift"
          />
        )}
      </div>
    </li>
  );
}

function Draft({ closing }: { closing: Closing }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const [hours, setHours] = useState("2");
  const line = closing.drawn ?? [];
  const isReady = line.length > 0 && reason.trim() !== "";
  return (
    <form
      className="closure-draft"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady) return;
        const until_us = Date.now() * 1000 + Number(hours) * HOUR_US;
        closing.make.mutate({ line, reason: reason.trim(), until_us });
      }}
    >
      <p role="status">
        {t("closure.draw")} <strong>{t("closure.points", { count: line.length })}</strong>
      </p>
      <TextInput
        label={t("closure.reason")}
        value={reason}
        maxLength={REASON_MAX}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-testid="closure-reason"
      />
      <NativeSelect
        label={t("closure.hours")}
        value={hours}
        onChange={(event) => setHours(event.currentTarget.value)}
        data={HOURS.map((count) => ({ value: String(count), label: t("closure.hours_of", { count }) }))}
      />
      {closing.make.error && <Failure error={closing.make.error} />}
      <div className="closure-acts">
        <Button
          type="submit"
          color="red"
          disabled={!isReady}
          loading={closing.make.isPending}
          data-testid="closure-make"
        >
          {t("closure.close")}
        </Button>
        <Button variant="default" disabled={line.length === 0} onClick={closing.undo}>
          {t("closure.undo")}
        </Button>
        <Button variant="subtle" onClick={closing.cancel}>
          {t("closure.cancel")}
        </Button>
      </div>
    </form>
  );
}

interface Props {
  closing: Closing;
  onShow: (place: Wgs84) => void;
  onClose: () => void;
}

export function ClosuresPanel({ closing, onShow, onClose }: Props) {
  const { t } = useTranslation();
  const { may } = useSession();
  return (
    <div className="card-body closures" data-testid="closures-panel">
      <CardHead title={t("closure.title")} sub={t("closure.hint")} onClose={onClose} />
      {closing.isDrawing ? (
        <Draft closing={closing} />
      ) : (
        may("map.close") && (
          <Button variant="default" fullWidth onClick={closing.begin} data-testid="closure-new">
            {t("closure.new")}
          </Button>
        )
      )}
      <p role="status" className={closing.make.data || closing.lift.data ? "note-good" : "unseen"}>
        {closing.lift.data
          ? `✓ ${t("closure.lifted")}`
          : closing.make.data && `✓ ${t("closure.done", { count: closing.make.data.pieces.length })}`}
      </p>
      {closing.lift.error && <Failure error={closing.lift.error} />}
      <Answer query={closing.list}>
        {() =>
          closing.items.length === 0 ? (
            <p className="dim">{t("closure.none")}</p>
          ) : (
            <ul className="closure-list">
              {closing.items.map((closure) => (
                <Row key={closure.id} closure={closure} closing={closing} onShow={onShow} />
              ))}
            </ul>
          )
        }
      </Answer>
    </div>
  );
}
