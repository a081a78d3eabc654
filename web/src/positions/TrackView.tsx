// The track on the map, with its table twin; both follow one moment.

import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Track } from "../app/api/types.positions";
import { Icon } from "../app/icons";
import { ProvedDownload } from "../app/ProvedDownload";
import { sayDuration } from "../app/say";
import { Empty } from "../app/states";
import { saveFile } from "../investigate/csv";
import { MapView } from "../map/MapView";
import { headFeatures, trackFeatures } from "../map/trackFeatures";
import { StretchTable } from "./StretchTable";
import { TrackPlayer } from "./TrackPlayer";
import { fixesOf, headAt, stretchesOf, summaryOf } from "./track";

function Summary({ track, stretches }: { track: Track; stretches: ReturnType<typeof stretchesOf> }) {
  const { t } = useTranslation();
  const summary = summaryOf(stretches);
  const rows: [string, string][] = [
    ["fixes", summary.fixes.toLocaleString("en")],
    ["unknown", summary.withoutAccuracy.toLocaleString("en")],
    ["worst", summary.worst_m === null ? "—" : `± ${Math.round(summary.worst_m)} m`],
    ["gaps", summary.gaps > 0 ? `${summary.gaps} · ${sayDuration(summary.silent_us / 1e6, t)}` : "0"],
    ...(summary.alarms > 0 ? [["alarms", `! ${summary.alarms}`] as [string, string]] : []),
  ];
  return (
    <dl className="numbers" aria-label={track.call_sign} data-testid="track-summary">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt className="dim">{t(`track.count_${name}`)}</dt>
          <dd className="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function TrackView({ track, gpx }: { track: Track; gpx: string }) {
  const { t } = useTranslation();
  const stretches = useMemo(() => stretchesOf(track), [track]);
  const fixes = useMemo(() => fixesOf(stretches), [stretches]);
  const first_us = fixes[0]?.at_us ?? track.from_us;
  const last_us = fixes.at(-1)?.at_us ?? track.until_us;
  const [at_us, setAt] = useState(first_us);
  const head = headAt(fixes, at_us);
  const drawn = useMemo(() => trackFeatures(stretches, t), [stretches, t]);
  const fix = head?.fix;
  const isSilent = head?.isSilent ?? false;
  // The sign moves from fix to fix, not with each tick of the player.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const sign = useMemo(() => headFeatures(head, t), [fix, isSilent, t]);
  const overlays = useMemo(() => ({ track: drawn, head: sign }), [drawn, sign]);
  const fit = useMemo(
    () => ({ key: `${track.unit} ${track.from_us}`, places: fixes.map((one) => one.place) }),
    [track, fixes],
  );
  if (fixes.length === 0) return <Empty title={t("track.none")} hint={t("track.none_hint")} />;
  return (
    <section className="track" aria-label={track.call_sign} data-testid="track">
      <div className="track-top">
        <h2>{track.call_sign}</h2>
        <span className="grow" />
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          onClick={() =>
            saveFile(
              `track-${track.call_sign.replace(/\s+/g, "-")}.geojson`,
              JSON.stringify(track),
              "application/geo+json",
            )
          }
          data-testid="track-geojson"
        >
          GeoJSON
        </Button>
        <ProvedDownload
          path={gpx}
          name={`track-${track.call_sign.replace(/\s+/g, "-")}.gpx`}
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          testId="track-gpx"
        >
          GPX
        </ProvedDownload>
      </div>
      <div className="track-split">
        <div className="track-map">
          <MapView
            label={t("track.map_label", { unit: track.call_sign })}
            overlays={overlays}
            selected={null}
            fit={fit}
          />
          <ul className="track-legend">
            <li>
              <span className="legend-line" aria-hidden="true" />
              {t("track.legend_line")}
            </li>
            <li>
              <span className="legend-gap" aria-hidden="true" />
              {t("track.legend_gap")}
            </li>
            <li>
              <span className="legend-circle" aria-hidden="true" />
              {t("track.legend_accuracy")}
            </li>
            <li>
              <span className="legend-unknown" aria-hidden="true" />
              {t("track.legend_unknown")}
            </li>
          </ul>
        </div>
        <div className="track-side">
          <TrackPlayer from_us={first_us} until_us={last_us} at_us={at_us} head={head} onAt={setAt} />
          <Summary track={track} stretches={stretches} />
          <StretchTable stretches={stretches} at_us={at_us} onAt={setAt} />
        </div>
      </div>
    </section>
  );
}
