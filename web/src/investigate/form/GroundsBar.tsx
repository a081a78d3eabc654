// Why one asks: said once, shown always, sent with every question.

import { Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { needsCase } from "../../app/api/client";
import { type Grounds, PURPOSES, type Purpose } from "../../app/api/types";

interface Props {
  grounds: Grounds;
  isTried: boolean;
  onChange: (grounds: Grounds) => void;
  /** Purposes that need no case; those of plates where nothing is said. */
  isCaseFree?: (purpose: Purpose) => boolean;
  children?: ReactNode;
}

const isFreeForPlates = (purpose: Purpose) => !needsCase(purpose);

export function GroundsBar(props: Props) {
  const { grounds, isTried, onChange, isCaseFree = isFreeForPlates, children } = props;
  const { t } = useTranslation();
  const isFree = isCaseFree(grounds.purpose);
  const isMissing = isTried && !isFree && !grounds.case_ref.trim();
  return (
    <section className="grounds-bar" aria-label={t("lake.grounds")}>
      <Select
        label={t("search.purpose")}
        data={PURPOSES.map((value) => ({ value, label: t(`purpose.${value}`) }))}
        value={grounds.purpose}
        onChange={(value) => value && onChange({ ...grounds, purpose: value as Purpose })}
        allowDeselect={false}
        data-testid="search-purpose"
      />
      <TextInput
        label={t("search.case")}
        placeholder={t(isFree ? "search.case_free" : "search.case_hint")}
        value={grounds.case_ref}
        onChange={(event) => onChange({ ...grounds, case_ref: event.currentTarget.value })}
        error={isMissing && t("search.case_needed")}
        maxLength={60}
        data-testid="search-case"
      />
      <p className="dim grounds-note">{t("search.logged")}</p>
      <span className="grow" />
      {children}
    </section>
  );
}
