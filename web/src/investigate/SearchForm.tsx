import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { microsFromTaipei, taipeiField } from "../app/age";
import { needsCase } from "../app/api/client";
import { type Grounds, type Micros, PURPOSES, type Purpose } from "../app/api/types";

const KEPT = "shouhu.grounds";
const DAY_US = 86_400_000_000;

export interface Question {
  plate: string;
  from_us: Micros | null;
  until_us: Micros | null;
  grounds: Grounds;
  /** Asking the same again is another question. */
  nonce: number;
}

function keptGrounds(): Grounds {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Grounds | null;
    if (kept && PURPOSES.includes(kept.purpose)) return kept;
  } catch {
    // An unreadable memory is no memory.
  }
  return { purpose: "investigation", case_ref: "" };
}

interface Props {
  first: string;
  isAsking: boolean;
  onAsk: (question: Question) => void;
}

export function SearchForm({ first, isAsking, onAsk }: Props) {
  const { t } = useTranslation();
  const [plate, setPlate] = useState(first);
  const [from, setFrom] = useState(() => taipeiField(Date.now() * 1000 - 7 * DAY_US));
  const [until, setUntil] = useState("");
  const [grounds, setGrounds] = useState(keptGrounds);
  const [isTried, setTried] = useState(false);

  const known = plate.replace(/[^0-9A-Za-z０-９Ａ-Ｚａ-ｚ]/g, "").length;
  const plateError = known < 3 ? t("search.too_vague") : null;
  const caseError = needsCase(grounds.purpose) && !grounds.case_ref.trim() ? t("search.case_needed") : null;
  const from_us = from ? microsFromTaipei(from) : null;
  const until_us = until ? microsFromTaipei(until) : null;
  const rangeError =
    from_us !== null && until_us !== null && from_us >= until_us ? t("search.range_wrong") : null;

  return (
    <form
      className="search-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (plateError || caseError || rangeError) return;
        const clean = { ...grounds, case_ref: grounds.case_ref.trim() };
        sessionStorage.setItem(KEPT, JSON.stringify(clean));
        onAsk({ plate: plate.trim(), from_us, until_us, grounds: clean, nonce: Date.now() });
      }}
    >
      <TextInput
        className="search-plate"
        label={t("search.plate")}
        description={t("search.plate_hint")}
        value={plate}
        onChange={(event) => setPlate(event.currentTarget.value)}
        error={isTried && plateError}
        autoComplete="off"
        spellCheck={false}
        maxLength={14}
        size="md"
        classNames={{ input: "plate plate-input" }}
        data-testid="search-plate"
      />
      <TextInput
        type="datetime-local"
        label={t("search.from")}
        description={t("search.taipei")}
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
        size="md"
        data-testid="search-from"
      />
      <TextInput
        type="datetime-local"
        label={t("search.until")}
        description={t("search.until_hint")}
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
        error={rangeError}
        size="md"
        data-testid="search-until"
      />
      <Select
        label={t("search.purpose")}
        description={t("search.logged")}
        data={PURPOSES.map((value) => ({ value, label: t(`purpose.${value}`) }))}
        value={grounds.purpose}
        onChange={(value) => value && setGrounds({ ...grounds, purpose: value as Purpose })}
        allowDeselect={false}
        size="md"
        data-testid="search-purpose"
      />
      <TextInput
        label={t("search.case")}
        description={needsCase(grounds.purpose) ? t("search.case_hint") : t("search.case_free")}
        value={grounds.case_ref}
        onChange={(event) => setGrounds({ ...grounds, case_ref: event.currentTarget.value })}
        error={isTried && caseError}
        maxLength={60}
        size="md"
        data-testid="search-case"
      />
      <Button type="submit" size="md" loading={isAsking} data-testid="search-submit">
        {t("search.submit")}
      </Button>
    </form>
  );
}
