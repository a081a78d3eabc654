// What it is, and how soon, how bad and how sure: words of CAP 1.2, each with what it means for a person who chooses.

import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CATEGORIES, CERTAINTIES, RESPONSES, SEVERITIES, URGENCIES } from "../app/api/types.warnings";
import type { Draft } from "./draft";

const DEGREES = { urgency: URGENCIES, severity: SEVERITIES, certainty: CERTAINTIES } as const;
type Degree = keyof typeof DEGREES;

interface Props {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

export function DegreeFields({ draft, onChange }: Props) {
  const { t } = useTranslation();
  const degree = (name: Degree) => (
    <Select
      key={name}
      label={t(`warning.${name}_label`)}
      description={draft[name] ? t(`warning.${name}_help.${draft[name]}`) : t(`warning.${name}_ask`)}
      placeholder={t("warning.choose")}
      data={DEGREES[name].map((value) => ({ value, label: t(`warning.${name}.${value}`) }))}
      renderOption={({ option }) => (
        <span className="option-help">
          <strong>{option.label}</strong>
          <span className="dim">{t(`warning.${name}_help.${option.value}`)}</span>
        </span>
      )}
      value={draft[name]}
      onChange={(value) => onChange({ [name]: value })}
      allowDeselect={false}
      required
      data-testid={`warning-${name}`}
    />
  );
  return (
    <>
      <div className="two">
        <Select
          label={t("warning.category_label")}
          placeholder={t("warning.choose")}
          data={CATEGORIES.map((value) => ({ value, label: t(`warning.category.${value}`) }))}
          value={draft.category}
          onChange={(category) => onChange({ category })}
          allowDeselect={false}
          required
          data-testid="warning-category"
        />
        <Select
          label={t("warning.response_label")}
          data={[
            { value: "", label: t("warning.response_nothing") },
            ...RESPONSES.map((value) => ({ value, label: t(`warning.response.${value}`) })),
          ]}
          value={draft.response}
          onChange={(response) => onChange({ response: response ?? "" })}
          allowDeselect={false}
          data-testid="warning-response"
        />
      </div>
      {(Object.keys(DEGREES) as Degree[]).map(degree)}
    </>
  );
}
