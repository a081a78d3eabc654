// Moves through the time of a track, by hand or by itself, and says what is known at that moment.

import { Button, SegmentedControl, Slider } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei, taipeiTime } from "../app/age";
import type { Micros } from "../app/api/types";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { sayDuration } from "../app/say";
import { usePlayback } from "../app/usePlayback";
import type { Head } from "./track";

const SPEEDS = ["10", "60", "300"] as const;

interface Props {
  from_us: Micros;
  until_us: Micros;
  at_us: Micros;
  head: Head | null;
  onAt: (at_us: Micros) => void;
}

function Known({ head }: { head: Head | null }) {
  const { t } = useTranslation();
  if (!head) return null;
  const { fix, old_us, isSilent } = head;
  const { lat, lon } = fix.place;
  return (
    <dl className="facts" data-testid="track-known">
      <div>
        <dt>{t("track.fix_at")}</dt>
        <dd className={isSilent ? "ink-warn" : undefined}>
          <span className="number">{taipeiTime(fix.at_us)}</span>{" "}
          {isSilent
            ? `▲ ${t("track.silent", { time: sayDuration(old_us / 1e6, t) })}`
            : old_us >= 1e6 && t("track.before", { time: sayDuration(old_us / 1e6, t) })}
        </dd>
      </div>
      <div>
        <dt>{t("tracker.accuracy")}</dt>
        <dd>
          {fix.accuracy_m === null ? t("tracker.accuracy_unknown") : `± ${Math.round(fix.accuracy_m)} m`}
        </dd>
      </div>
      <div>
        <dt>{t("track.speed")}</dt>
        <dd className="number">{fix.speed_kmh === null ? "—" : `${Math.round(fix.speed_kmh)} km/h`}</dd>
      </div>
      <div>
        <dt>{t("track.place")}</dt>
        <dd className="number">{`${lat.toFixed(5)}, ${lon.toFixed(5)}`}</dd>
      </div>
    </dl>
  );
}

export function TrackPlayer({ from_us, until_us, at_us, head, onAt }: Props) {
  const { t } = useTranslation();
  const [speed, setSpeed] = useState<string>("60");
  const { isPlaying, toggle } = usePlayback({ from_us, until_us, at_us, onAt }, speed);
  useKeys({ p: toggle });
  const seconds = (us: Micros) => Math.round((us - from_us) / 1e6);
  return (
    <div className="panel track-player">
      <strong className="number track-clock" data-testid="track-clock">
        {taipei(at_us)}
      </strong>
      <Slider
        min={0}
        max={Math.max(seconds(until_us), 1)}
        step={1}
        value={seconds(at_us)}
        onChange={(value) => onAt(Math.min(from_us + value * 1e6, until_us))}
        label={null}
        thumbLabel={t("track.moment")}
        thumbProps={{ "aria-valuetext": taipeiTime(at_us) }}
        data-testid="track-slider"
      />
      <div className="track-controls">
        <Button onClick={toggle} rightSection={<Key>p</Key>} data-testid="track-play">
          {t(isPlaying ? "track.pause" : "track.play")}
        </Button>
        <SegmentedControl
          aria-label={t("track.speed_of_play")}
          value={speed}
          onChange={setSpeed}
          data={SPEEDS.map((value) => ({ value, label: `×${value}` }))}
        />
      </div>
      <Known head={head} />
    </div>
  );
}
