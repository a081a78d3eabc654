import { Button, Modal } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Hold, type HoldState } from "./hold";

const RING = 2 * Math.PI * 17;

/** Held for a second: a ring fills, the phone shakes. A screen reader's click asks instead: it cannot hold. */
export function HoldButton({ label, onFire }: { label: string; onFire: () => void }) {
  const { t } = useTranslation();
  const [state, setState] = useState<HoldState>("idle");
  const [isAsking, setAsking] = useState(false);
  const fire = useRef(onFire);
  fire.current = onFire;
  const [hold] = useState(
    () =>
      new Hold(setState, () => {
        navigator.vibrate?.([400, 120, 400]);
        fire.current();
      }),
  );
  const fingers = useRef(new Set<number>());
  useEffect(() => () => hold.cancel(), [hold]);

  const down = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    fingers.current.add(event.pointerId);
    navigator.vibrate?.(60);
    hold.press();
  };
  const up = (event: PointerEvent<HTMLButtonElement>) => {
    fingers.current.delete(event.pointerId);
    if (fingers.current.size === 0) hold.release();
  };
  const key = (event: KeyboardEvent, act: () => void) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (!event.repeat) act();
  };
  return (
    <>
      <button
        type="button"
        className="panic-hold"
        data-state={state}
        data-testid="panic-hold"
        onPointerDown={down}
        onPointerUp={up}
        onPointerCancel={up}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => key(event, () => hold.press())}
        onKeyUp={(event) => key(event, () => hold.release())}
        onBlur={() => hold.cancel()}
        onClick={(event) => {
          // A finger's click has a count; that of a screen reader has none.
          if (event.detail === 0) setAsking(true);
        }}
      >
        <svg className="panic-ring" viewBox="0 0 40 40" aria-hidden="true">
          <circle cx="20" cy="20" r="17" className="panic-ring-back" />
          <circle cx="20" cy="20" r="17" className="panic-ring-full" strokeDasharray={RING} />
          <text x="20" y="27" textAnchor="middle">
            !
          </text>
        </svg>
        <span>
          {state === "holding" ? t("panic.holding") : state === "released" ? t("panic.released") : label}
        </span>
      </button>
      <Modal
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={t("panic.ask")}
        closeButtonProps={{ "aria-label": t("app.close") }}
      >
        <div className="two">
          <Button size="lg" variant="default" onClick={() => setAsking(false)}>
            {t("app.cancel")}
          </Button>
          <Button
            size="lg"
            color="red"
            onClick={() => {
              setAsking(false);
              onFire();
            }}
          >
            {t("panic.ask_yes")}
          </Button>
        </div>
      </Modal>
    </>
  );
}
