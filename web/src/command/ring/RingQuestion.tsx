// When and where he was last seen, and how long he may drive. Everything has a keyboard way; the map is the quicker one.

import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { taipeiTime } from "../../app/age";
import type { Micros, Wgs84 } from "../../app/api/types";
import { HORIZONS_MIN, placeFrom, placeText, SEEN_MIN_AGO, seenAtClock } from "./ring";

export interface QuestionForm {
  seen_at_us: Micros;
  place: Wgs84 | null;
  /** The incident's own place stands in the field. */
  isIncidentPlace: boolean;
  horizon_min: number;
}

interface Props {
  form: QuestionForm;
  isPlacing: boolean;
  onSeen: (at: Micros) => void;
  onPlace: (place: Wgs84 | null) => void;
  onPlacing: (isPlacing: boolean) => void;
  onHorizon: (minutes: number) => void;
}

function SeenFields({ form, onSeen }: Pick<Props, "form" | "onSeen">) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <div className="ring-field">
      <TextInput
        type="time"
        step={1}
        label={t("ring.seen")}
        description={<Age at={form.seen_at_us} />}
        value={typed ?? taipeiTime(form.seen_at_us)}
        onChange={(event) => {
          const clock = event.currentTarget.value;
          setTyped(clock);
          const at = seenAtClock(clock, Date.now() * 1000);
          if (at !== null) onSeen(at);
        }}
        onBlur={() => setTyped(null)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        data-testid="ring-seen"
      />
      <div className="ring-choices">
        {SEEN_MIN_AGO.map((minutes) => (
          <Button
            key={minutes}
            size="compact-md"
            variant="default"
            onClick={() => onSeen((Date.now() - minutes * 60_000) * 1000)}
            data-testid={`ring-ago-${minutes}`}
          >
            {minutes === 0 ? t("ring.just_now") : t("age.ago_minutes", { count: minutes })}
          </Button>
        ))}
      </div>
    </div>
  );
}

function PlaceFields({
  form,
  isPlacing,
  onPlace,
  onPlacing,
}: Pick<Props, "form" | "isPlacing" | "onPlace" | "onPlacing">) {
  const { t } = useTranslation();
  const shown = form.place ? placeText(form.place) : "";
  const [typed, setTyped] = useState(shown);
  // A click on the map, or the way back to the incident's place, replaces what was typed.
  useEffect(() => setTyped(shown), [shown]);
  const isWrong = typed.trim() !== "" && placeFrom(typed) === null;
  return (
    <div className="ring-field">
      <TextInput
        label={t("ring.place")}
        description={t(form.isIncidentPlace ? "ring.place_incident" : "ring.place_hint")}
        error={isWrong ? t("ring.place_wrong") : null}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => {
          const place = placeFrom(typed);
          if (place && typed !== shown) onPlace(place);
        }}
        onKeyDown={(event) => ["Enter", "Escape"].includes(event.key) && event.currentTarget.blur()}
        data-testid="ring-place"
      />
      <div className="ring-choices">
        <Button
          size="compact-md"
          variant={isPlacing ? "filled" : "default"}
          aria-pressed={isPlacing}
          onClick={() => onPlacing(!isPlacing)}
          data-testid="ring-click-map"
        >
          {t("ring.click_map")}
        </Button>
        {!form.isIncidentPlace && (
          <Button size="compact-md" variant="default" onClick={() => onPlace(null)}>
            {t("ring.use_incident")}
          </Button>
        )}
      </div>
      {isPlacing && (
        <p className="note-good" role="status">
          {t("ring.placing")}
        </p>
      )}
    </div>
  );
}

export function RingQuestion(props: Props) {
  const { t } = useTranslation();
  const { form, onHorizon } = props;
  return (
    <>
      <SeenFields form={form} onSeen={props.onSeen} />
      <PlaceFields {...props} />
      <div className="ring-field">
        <span className="field-label" id="ring-horizon">
          {t("ring.horizon")}
        </span>
        <SegmentedControl
          fullWidth
          aria-labelledby="ring-horizon"
          value={String(form.horizon_min)}
          onChange={(value) => onHorizon(Number(value))}
          data={HORIZONS_MIN.map((minutes) => ({
            value: String(minutes),
            label: t("say.minutes", { count: minutes }),
          }))}
          data-testid="ring-horizon"
        />
      </div>
    </>
  );
}
