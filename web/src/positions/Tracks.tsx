// Where a unit was, with a purpose and a case: an officer is a person too, and each reading leaves a leaf.

import { Button, Select, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { type TrackWindow, tracking } from "../app/api/calls.positions";
import type { Grounds, Id } from "../app/api/types";
import { useUnits } from "../app/queries";
import { useSession } from "../app/session";
import { Failure, Loading } from "../app/states";
import { GroundsBar } from "../investigate/form/GroundsBar";
import { SpanField } from "../investigate/form/SpanField";
import { isFreeForTracks, keepGrounds, keptGrounds } from "../investigate/grounds";
import { checkSpan, type Preset, type Span, windowOf } from "../investigate/span";
import { TrackView } from "./TrackView";
import { TRACK_MAX_US } from "./track";

const PRESETS: readonly Preset[] = ["1h", "6h", "24h"];

interface Asked {
  unit: Id;
  window: TrackWindow;
  grounds: Grounds;
}

export function Tracks() {
  const { t } = useTranslation();
  const { may } = useSession();
  const units = useUnits();
  const [params] = useSearchParams();
  const [unit, setUnit] = useState<Id | null>(params.get("unit"));
  const [span, setSpan] = useState<Span>({ preset: "1h", from: "", until: "" });
  const [grounds, setGrounds] = useState(keptGrounds);
  const [isTried, setTried] = useState(false);
  const read = useMutation({
    // Nothing left out: a play that skips a stop at a light would say something else than the track.
    mutationFn: ({ unit: id, window, grounds: why }: Asked) => tracking.track(id, window, 0, why),
  });
  const spanProblem = checkSpan(span, TRACK_MAX_US, Date.now());
  const lacksCase = !isFreeForTracks(grounds.purpose) && !grounds.case_ref.trim();
  const ask = () => {
    setTried(true);
    const window = windowOf(span, Date.now());
    if (!unit || !window || spanProblem || lacksCase) return;
    read.mutate({ unit, window, grounds: { ...grounds, case_ref: grounds.case_ref.trim() } });
  };
  return (
    <>
      <GroundsBar
        grounds={grounds}
        isTried={isTried}
        isCaseFree={isFreeForTracks}
        onChange={(next) => {
          setGrounds(next);
          keepGrounds(next);
        }}
      />
      <form
        className="panel track-form"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        {may("units.watch") ? (
          <Select
            label={t("tracker.unit")}
            placeholder={t("track.choose_unit")}
            data={(units.data ?? []).map((one) => ({ value: one.id, label: one.call_sign }))}
            value={unit}
            onChange={setUnit}
            error={isTried && !unit && t("track.unit_needed")}
            searchable
            data-testid="track-unit"
          />
        ) : (
          <TextInput
            label={t("track.unit_id")}
            description={t("track.unit_id_hint")}
            value={unit ?? ""}
            onChange={(event) => setUnit(event.currentTarget.value.trim() || null)}
            error={isTried && !unit && t("track.unit_needed")}
            spellCheck={false}
            data-testid="track-unit-id"
          />
        )}
        <SpanField
          span={span}
          presets={PRESETS}
          error={isTried && spanProblem ? t(`track.${spanProblem}`) : null}
          onChange={setSpan}
        />
        <Button type="submit" loading={read.isPending} data-testid="track-read">
          {t("track.read")}
        </Button>
      </form>
      {read.error && <Failure error={read.error} />}
      {read.isPending && <Loading label={t("track.reading")} />}
      {read.data && read.variables && (
        <TrackView
          key={read.submittedAt}
          track={read.data}
          gpx={tracking.gpxPath(read.variables.unit, read.variables.window, read.variables.grounds)}
        />
      )}
    </>
  );
}
