// One language of a warning.

import { Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { HEADLINE_MAX, TEXT_MAX, type Words } from "./draft";

interface Props {
  label: string;
  lang: "zh-TW" | "en-US";
  words: Words;
  onChange: (words: Words) => void;
}

export function DraftTexts({ label, lang, words, onChange }: Props) {
  const { t } = useTranslation();
  const field = (name: keyof Words, max: number) => ({
    label: t(`warning.text_${name}`),
    value: words[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ ...words, [name]: event.currentTarget.value }),
    maxLength: max,
    lang,
    "data-testid": `warning-${name}-${lang}`,
  });
  return (
    <fieldset className="warning-language">
      <legend className="section-title">{label}</legend>
      <TextInput {...field("event", HEADLINE_MAX)} description={t("warning.text_event_hint")} required />
      <TextInput
        {...field("headline", HEADLINE_MAX)}
        description={t("warning.text_headline_hint")}
        required
      />
      <Textarea {...field("description", TEXT_MAX)} autosize minRows={2} maxRows={8} />
      <Textarea {...field("instruction", TEXT_MAX)} autosize minRows={2} maxRows={8} />
    </fieldset>
  );
}
