// Which column is what. A sample file lends its headings, and shows beside each field what its first row has there.

import { Autocomplete, Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { FEED_CHARSETS, FEED_FORMATS, type FeedMapping, TIME_FORMS } from "../../app/api/types.feeds";
import { HINT_BELOW } from "../../app/hintBelow";
import { ChoiceField } from "../../investigate/form/ChoiceField";
import {
  columnsOf,
  type MappedColumn,
  mappingProblems,
  neededOf,
  ROW_KINDS,
  type RowKind,
  wordsOf,
} from "./mapping";
import { readSample, sampleText } from "./sample";

interface Props {
  mapping: FeedMapping;
  kind: RowKind;
  onChange: (mapping: FeedMapping) => void;
  onKind: (kind: RowKind) => void;
}

const DELIMITERS = [",", ";", "|", "\t"];

export function MappingFields({ mapping, kind, onChange, onKind }: Props) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState<string | null | undefined>();
  const set = (part: Partial<FeedMapping>) => onChange({ ...mapping, ...part });
  const { has_heading, delimiter } = mapping;
  const sample = useMemo(
    () => (text ? readSample(text, has_heading, delimiter) : null),
    [text, has_heading, delimiter],
  );
  const problems = mappingProblems(mapping, kind);
  const problemOf = (column: MappedColumn) => {
    const problem = problems[column];
    // What is missing stands beside the button.
    return problem && problem !== "missing" ? t(`feed.column_wrong_${problem}`) : null;
  };
  const shownOf = (column: MappedColumn) => {
    const name = mapping[column] ?? "";
    const value = sample?.first[name];
    return value === undefined
      ? t(`feed.column_hint_${column}`)
      : t("feed.column_sample", { value: value.slice(0, 60) });
  };
  return (
    <>
      <div className="form-wide feed-sample">
        <ChoiceField
          label={t("feed.row_is")}
          value={kind}
          options={ROW_KINDS.map((value) => ({ value, label: t(`feed.row_${value}`) }))}
          onChange={onKind}
        />
        <Button variant="default" onClick={() => input.current?.click()}>
          {t("feed.sample")}
        </Button>
        <input
          ref={input}
          className="unseen"
          type="file"
          aria-label={t("feed.sample")}
          tabIndex={-1}
          data-testid="feed-sample"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            event.currentTarget.value = "";
            if (file) void sampleText(file).then(setText);
          }}
        />
        <p className="dim feed-sample-says" role="status">
          {sample
            ? t("feed.sample_columns", { count: sample.columns.length })
            : t(text === undefined ? "feed.sample_hint" : "feed.sample_unread")}
        </p>
      </div>
      {columnsOf(kind).map((column) => (
        <Autocomplete
          key={column}
          label={t(`feed.column_${column}`)}
          description={shownOf(column)}
          inputWrapperOrder={HINT_BELOW}
          data={[...new Set(sample?.columns)]}
          value={mapping[column] ?? ""}
          onChange={(value) => set({ [column]: value })}
          withAsterisk={neededOf(kind).includes(column)}
          error={problemOf(column)}
          maxLength={60}
          spellCheck={false}
          data-testid={`column-${column}`}
        />
      ))}
      <details className="form-wide">
        <summary>{t("feed.reading")}</summary>
        <div className="form-grid feed-reading">
          <Switch
            label={t("feed.has_heading")}
            checked={has_heading}
            onChange={(event) => set({ has_heading: event.currentTarget.checked })}
          />
          <NumberInput
            label={t("feed.late_after")}
            placeholder="24"
            min={1}
            max={8_760}
            value={mapping.late_after_h ?? ""}
            onChange={(value) => set({ late_after_h: typeof value === "number" ? value : null })}
          />
          <Select
            label={t("feed.format")}
            placeholder={t("feed.by_itself")}
            data={FEED_FORMATS.map((value) => ({ value, label: t(`feed.format_${value}`) }))}
            value={mapping.format}
            onChange={(format) => set({ format: format as FeedMapping["format"] })}
            clearable
          />
          <Select
            label={t("feed.charset")}
            data={FEED_CHARSETS.map((value) => ({
              value,
              label: t(`feed.charset_${value.replace("-", "")}`),
            }))}
            value={mapping.charset}
            onChange={(charset) => charset && set({ charset: charset as FeedMapping["charset"] })}
            allowDeselect={false}
          />
          <Select
            label={t("feed.delimiter")}
            placeholder={t("feed.by_itself")}
            data={DELIMITERS.map((value) => ({ value, label: value === "\t" ? t("feed.tab") : value }))}
            value={delimiter}
            onChange={(chosen) => set({ delimiter: chosen })}
            clearable
          />
          <Select
            label={t("feed.time_form")}
            data={TIME_FORMS.map((value) => ({ value, label: t(`feed.time_${value}`) }))}
            value={mapping.time_form}
            onChange={(form) => form && set({ time_form: form as FeedMapping["time_form"] })}
            allowDeselect={false}
          />
          {kind === "passage" && (
            <>
              <TextInput
                label={t("feed.in_words")}
                defaultValue={mapping.in_words.join(" ")}
                onChange={(event) => set({ in_words: wordsOf(event.currentTarget.value) })}
              />
              <TextInput
                label={t("feed.out_words")}
                defaultValue={mapping.out_words.join(" ")}
                onChange={(event) => set({ out_words: wordsOf(event.currentTarget.value) })}
              />
            </>
          )}
        </div>
      </details>
    </>
  );
}
