// Stolen vehicles: typed, pasted from a list, or read from a file; below, how many are understood and which lines are not.

import { Button, Textarea } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { HINT_BELOW } from "../../app/hintBelow";
import { readThefts, theftsFile } from "../thefts";

interface Props {
  value: string;
  error: string | null;
  onChange: (value: string) => void;
}

const SHOWN_WRONG = 3;
/** Two thousand lines with long remarks. */
const FILE_BYTES_MAX = 1_000_000;

export function TheftsField({ value, error, onChange }: Props) {
  const { t } = useTranslation();
  const [isTooLarge, setTooLarge] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const { thefts, wrong } = useMemo(() => readThefts(value, Date.now()), [value]);
  const found = thefts.filter((theft) => theft.recovered_at_us !== null).length;
  const lines = wrong
    .slice(0, SHOWN_WRONG)
    .map(({ line, text, problem }) => t(`lake.theft_${problem}`, { line, text }))
    .join("\n");
  const more =
    wrong.length > SHOWN_WRONG ? `\n${t("lake.theft_more", { count: wrong.length - SHOWN_WRONG })}` : "";
  return (
    <div className="field-thefts">
      <Textarea
        label={t("lake.thefts")}
        description={
          thefts.length > 0 ? t("lake.thefts_read", { count: thefts.length, found }) : t("lake.thefts_hint")
        }
        inputWrapperOrder={HINT_BELOW}
        placeholder={"ABC-1234 2026-11-01 08:30 2026-11-04 10:00\nDEF-5678 115/11/02"}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={wrong.length > 0 ? `${lines}${more}` : error}
        minRows={2}
        maxRows={6}
        autosize
        spellCheck={false}
        autoComplete="off"
        data-testid="search-thefts"
      />
      <Button variant="default" onClick={() => file.current?.click()}>
        {t("lake.thefts_file")}
      </Button>
      <input
        ref={file}
        className="unseen"
        type="file"
        accept=".csv,.txt,text/csv,text/plain"
        aria-label={t("lake.thefts_file")}
        tabIndex={-1}
        data-testid="thefts-file"
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (!chosen) return;
          setTooLarge(chosen.size > FILE_BYTES_MAX);
          if (chosen.size <= FILE_BYTES_MAX) void theftsFile(chosen).then(onChange);
        }}
      />
      {isTooLarge && (
        <span className="field-error" role="alert">
          {t("drop.too_large", { mb: FILE_BYTES_MAX / 1_000_000 })}
        </span>
      )}
    </div>
  );
}
