// How a code comes into the phone: the camera, a tag, or a thumb. What works on this phone stands first.

import { Button, Drawer, TextInput } from "@mantine/core";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { canScan, prepareReader } from "./barcode";
import { cleanCode, kindOf } from "./code";
import { hasNfc, readTags } from "./nfc";
import type { Stop } from "./useCheckIns";

const AGAIN_MS = 4_000;

/** Where the camera's part of the app never reached this phone, typing still works. */
function NoScanner({ onFail }: { onFail: () => void }) {
  useEffect(onFail, [onFail]);
  return <span />;
}

const fetchScanner = () => import("./Scanner");
const Scanner = lazy(() => fetchScanner().catch(() => ({ default: NoScanner })));

/** Fetched ahead on phones that can use it: the box may stand where there is no line. */
export async function prepareScanner(): Promise<void> {
  if (canScan()) await Promise.all([fetchScanner(), prepareReader()]).catch(() => undefined);
}

interface Props {
  isOpen: boolean;
  isBusy: boolean;
  onClose: () => void;
  /** Null when the code was taken. */
  onRead: (code: string) => Promise<Stop | null>;
}

type Camera = "on" | "off" | "refused";

function Inside({ isBusy, onRead }: Pick<Props, "isBusy" | "onRead">) {
  const { t } = useTranslation();
  const [camera, setCamera] = useState<Camera>(() => (canScan() ? "on" : "off"));
  const [text, setText] = useState("");
  const [stop, setStop] = useState<Stop | null>(null);
  const last = useRef({ code: "", at_ms: 0 });
  const isReading = useRef(false);

  const take = async (raw: string, isTyped: boolean) => {
    const code = cleanCode(raw);
    const { code: before, at_ms } = last.current;
    // The camera sees the same code again and again; once location is on, it may see it anew.
    if (isReading.current || (!isTyped && code === before && Date.now() - at_ms < AGAIN_MS)) return;
    isReading.current = true;
    setStop(null);
    navigator.vibrate?.(60);
    try {
      setStop(await onRead(code));
    } finally {
      isReading.current = false;
      last.current = { code, at_ms: Date.now() };
    }
  };
  const refuse = useCallback(() => setCamera("refused"), []);
  const latest = useRef(take);
  latest.current = take;

  useEffect(() => {
    const tags = new AbortController();
    readTags((url) => {
      if (url === null) setStop("plain_uid");
      else void latest.current(url, true);
    }, tags.signal).catch(() => undefined);
    return () => tags.abort();
  }, []);

  const paste = async () => {
    const pasted = (await navigator.clipboard?.readText().catch(() => "")) ?? "";
    if (!pasted) return setStop("no_clipboard");
    setText(pasted.trim());
    if (kindOf(cleanCode(pasted))) await take(pasted, true);
  };

  return (
    <div className="check-in-sheet">
      {camera === "on" && (
        <Suspense fallback={<div className="scanner" />}>
          <Scanner onText={(raw) => void take(raw, false)} onFail={refuse} />
        </Suspense>
      )}
      {camera === "on" && <p className="dim">{t("checkin.aim")}</p>}
      {camera === "off" && <p className="note-plain">{t("checkin.no_scanner")}</p>}
      {camera === "refused" && <p className="note-warn">{t("checkin.camera_refused")}</p>}
      {hasNfc() && <p className="note-plain">{t("checkin.nfc")}</p>}
      {stop && (
        <p className="note-warn" role="alert" data-testid="check-in-stop">
          ▲ {t(`checkin.stop_${stop}`)}
        </p>
      )}
      <form
        className="check-in-typed"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) void take(text, true);
        }}
      >
        <TextInput
          label={t("checkin.code")}
          description={t("checkin.code_hint")}
          size="lg"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autoCapitalize="characters"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="send"
          classNames={{ input: "code" }}
          data-testid="check-in-code"
        />
        <div className="two">
          <Button size="lg" variant="default" onClick={() => void paste()}>
            {t("checkin.paste")}
          </Button>
          <Button
            size="lg"
            type="submit"
            disabled={!text.trim()}
            loading={isBusy}
            data-testid="check-in-submit"
          >
            {t("checkin.do")}
          </Button>
        </div>
      </form>
      {isBusy && <p role="status">{t("checkin.locating")}</p>}
    </div>
  );
}

export function CheckInSheet({ isOpen, isBusy, onClose, onRead }: Props) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      position="bottom"
      size="auto"
      title={t("checkin.title")}
      closeButtonProps={{ "aria-label": t("app.close"), size: 48, iconSize: 26 }}
      classNames={{ content: "check-in-drawer" }}
    >
      <Inside isBusy={isBusy} onRead={onRead} />
    </Drawer>
  );
}
