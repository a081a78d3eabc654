// Always under the thumb of whoever crews a unit: the red button, and after it what has become of the cry.

import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../app/api/client";
import type { Id } from "../app/api/types";
import { useSession } from "../app/session";
import { explain } from "../app/states";
import { type DockView, dockView } from "./dockView";
import { HoldButton } from "./HoldButton";
import { usePanicQueue } from "./usePanicQueue";
import { usePanics } from "./usePanics";

const QUICK = ["mistake", "over", "help_here"] as const;

function Safe({ onSafe }: { onSafe: (reason: string) => void }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  if (!isOpen) {
    return (
      <Button
        className="panic-safe-open"
        size="md"
        variant="outline"
        onClick={() => setOpen(true)}
        data-testid="panic-safe"
      >
        {t("panic.safe")}
      </Button>
    );
  }
  return (
    <div className="panic-safe">
      <div className="panic-quick">
        {QUICK.map((one) => (
          <Button
            key={one}
            size="md"
            variant="default"
            onClick={() => setReason(t(`panic.safe_quick.${one}`))}
          >
            {t(`panic.safe_quick.${one}`)}
          </Button>
        ))}
      </div>
      <Textarea
        label={t("panic.safe_reason")}
        size="md"
        autosize
        minRows={1}
        maxRows={4}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-testid="panic-reason"
      />
      <div className="two">
        <Button size="md" variant="default" onClick={() => setOpen(false)}>
          {t("app.back")}
        </Button>
        <Button
          size="md"
          disabled={!reason.trim()}
          onClick={() => {
            setOpen(false);
            onSafe(reason.trim());
          }}
          data-testid="panic-safe-send"
        >
          {t("panic.safe_send")}
        </Button>
      </div>
    </div>
  );
}

function words(view: DockView, t: ReturnType<typeof useTranslation>["t"]): { big: string; small: string[] } {
  switch (view.kind) {
    case "unsent":
      return {
        big: t("panic.unsent"),
        small: [
          t("panic.unsent_radio"),
          t("panic.unsent_tries", { count: view.attempts }),
          ...(view.isTakenBack ? [t("panic.cancel_unsent")] : []),
        ],
      };
    case "refused":
      return {
        big: t(view.act === "raise" ? "panic.refused" : "panic.refused_cancel"),
        small: [
          explain(new ApiError(view.problem), t),
          ...(view.act === "raise" ? [t("panic.unsent_radio")] : []),
        ],
      };
    case "raised":
      return { big: t("panic.sent"), small: [t("panic.sent_hint")] };
    case "acknowledged":
      return {
        big: t("panic.acknowledged"),
        small: [
          view.by ? t("panic.acknowledged_hint", { name: view.by }) : t("panic.acknowledged_hint_bare"),
        ],
      };
    case "cancelled":
      return { big: t("panic.cancelled"), small: [t("panic.cancelled_hint")] };
    case "cancel_unsent":
      return { big: t("panic.cancel_unsent"), small: [t("panic.unsent_tries", { count: view.attempts })] };
    case "idle":
      return { big: "", small: [] };
  }
}

function Dock({ unit }: { unit: Id }) {
  const { t } = useTranslation();
  const panics = usePanics();
  const queue = usePanicQueue(unit);
  const view = dockView(
    queue.items,
    panics.find((one) => one.unit === unit),
  );
  const { big, small } = words(view, t);
  const isUnheard = view.kind === "unsent" || (view.kind === "refused" && view.act === "raise");
  const [said, ...rest] = small;
  return (
    <section
      className="panic-dock"
      data-view={view.kind}
      data-testid="panic-dock"
      aria-label={t("panic.title")}
    >
      <div role="alert">
        {big && (
          <>
            <p className="panic-big" data-testid="panic-state">
              {isUnheard && <span aria-hidden="true">▲ </span>}
              {big}
            </p>
            <p className="panic-small">{said}</p>
          </>
        )}
      </div>
      {rest.map((line) => (
        <p key={line} className="panic-small">
          {line}
        </p>
      ))}
      {isUnheard && (
        <a className="panic-call" href="tel:110">
          {t("panic.call")}
        </a>
      )}
      {(view.kind === "raised" ||
        view.kind === "acknowledged" ||
        (view.kind === "unsent" && !view.isTakenBack)) && <Safe onSafe={queue.safe} />}
      {view.kind === "refused" && view.act === "cancel" && (
        <Button size="md" variant="default" onClick={() => queue.dismiss(view.key)}>
          {t("patrol.seen")}
        </Button>
      )}
      {view.kind === "idle" && <HoldButton label={t("panic.hold")} onFire={queue.cry} />}
      {(view.kind === "cancelled" || (view.kind === "refused" && view.act === "raise")) && (
        <HoldButton label={t("panic.again")} onFire={queue.cry} />
      )}
    </section>
  );
}

export function PanicDock() {
  const { me, may } = useSession();
  if (!me?.unit || !may("units.report")) return null;
  return <Dock unit={me.unit} />;
}
