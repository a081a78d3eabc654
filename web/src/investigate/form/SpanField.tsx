// How far back: lengths at one click, or two times in Taipei.

import { SegmentedControl, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { taipeiField } from "../../app/age";
import { type Preset, type Span, windowOf } from "../span";

const CUSTOM = "custom";

interface Props {
  span: Span;
  presets: readonly Preset[];
  error: string | null;
  onChange: (span: Span) => void;
}

export function SpanField({ span, presets, error, onChange }: Props) {
  const { t } = useTranslation();
  const change = (value: string) => {
    if (value !== CUSTOM) {
      onChange({ ...span, preset: value as Preset });
      return;
    }
    // The two fields begin as what was chosen.
    const window = windowOf(span, Date.now());
    onChange({
      preset: null,
      from: span.from || (window ? taipeiField(window.from_us) : ""),
      until: span.until,
    });
  };
  return (
    <div className="field-span">
      <span className="field-label" id="span-label">
        {t("lake.span")}
      </span>
      <div className="field-span-row">
        <SegmentedControl
          aria-labelledby="span-label"
          value={span.preset ?? CUSTOM}
          onChange={change}
          data={[
            ...presets.map((value) => ({ value, label: t(`lake.span_${value}`) })),
            { value: CUSTOM, label: t("lake.span_custom") },
          ]}
          data-testid="search-span"
        />
        {!span.preset && (
          <>
            <TextInput
              type="datetime-local"
              aria-label={t("search.from")}
              value={span.from}
              onChange={(event) => onChange({ ...span, from: event.currentTarget.value })}
              data-testid="search-from"
            />
            <span className="dim">–</span>
            <TextInput
              type="datetime-local"
              aria-label={t("search.until")}
              value={span.until}
              onChange={(event) => onChange({ ...span, until: event.currentTarget.value })}
              data-testid="search-until"
            />
          </>
        )}
      </div>
      {error ? (
        <span className="field-error" role="alert">
          {error}
        </span>
      ) : (
        <span className="field-hint">{t(span.preset ? "lake.span_hint" : "lake.span_hint_custom")}</span>
      )}
    </div>
  );
}
