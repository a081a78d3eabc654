// Why one asks: said once, shown always, sent with every question.

import { Select, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { needsCase } from "../../app/api/client";
import { type Grounds, PURPOSES, type Purpose } from "../../app/api/types";
import { lacksCase } from "../grounds";

interface Props {
  grounds: Grounds;
  isTried: boolean;
  onChange: (grounds: Grounds) => void;
  children?: ReactNode;
}

export function GroundsBar({ grounds, isTried, onChange, children }: Props) {
  const { t } = useTranslation();
  const isMissing = isTried && lacksCase(grounds);
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
        placeholder={needsCase(grounds.purpose) ? t("search.case_hint") : t("search.case_free")}
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
