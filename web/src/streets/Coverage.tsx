// Streets covered, stale and open: on the map, and the same as tables.

import { Button, SegmentedControl } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import type { View } from "../app/api/calls.streets";
import { STREET_WINDOWS, type StreetCoverage, type StreetLine } from "../app/api/types.streets";
import { Icon } from "../app/icons";
import { sayDistance, sayProbability } from "../app/say";
import { Answer, Empty } from "../app/states";
import { StationSelect } from "../boxes/StationSelect";
import type { LiveMap } from "../map/LiveMap";
import { MapView } from "../map/MapView";
import { streetFeatures } from "../map/streetFeatures";
import { AreaTable, StreetTable } from "./StreetTables";
import { saveCoverage, sayHour, sayKm, sayPassages, shareCovered } from "./streets";
import { asWindow, type StreetParams, useCoverage, useStreetLines, wideView } from "./useStreets";

interface Props {
  params: StreetParams;
  go: (next: Partial<StreetParams>) => void;
}

const SIGNS = { covered: "━", stale: "╌", open: "┈" } as const;

function Legend() {
  const { t } = useTranslation();
  return (
    <ul className="street-legend">
      {(["covered", "stale", "open"] as const).map((state) => (
        <li key={state} className={`street-${state}`}>
          <span aria-hidden="true">{SIGNS[state]}</span> {t(`street.state_${state}`)}
        </li>
      ))}
    </ul>
  );
}

function Picked({ line, onClose }: { line: StreetLine; onClose: () => void }) {
  const { t } = useTranslation();
  const passages = sayPassages(line, t);
  return (
    <section className="street-picked" aria-live="polite" data-testid="street-picked">
      <h2 className="section-title">{line.name || t("street.unnamed")}</h2>
      <p>
        {t(`street.state_${line.state}`)} · {sayDistance(line.length_m, t)}
      </p>
      {passages && <p>{passages}</p>}
      {line.last_us !== null && <p>{t("street.last_in", { hour: sayHour(line.last_us) })}</p>}
      {line.state === "covered" && passages === null && <p className="dim">{t("street.too_few")}</p>}
      <Button size="xs" variant="default" onClick={onClose}>
        {t("street.close")}
      </Button>
    </section>
  );
}

function Numbers({ cover }: { cover: StreetCoverage }) {
  const { t } = useTranslation();
  const share = shareCovered(cover);
  const numbers = [
    { name: "share", value: share === null ? "—" : sayProbability(share) },
    { name: "km", value: sayKm(cover.length_m) },
    { name: "covered", value: sayKm(cover.covered_m) },
    { name: "stale", value: sayKm(cover.stale_m) },
    { name: "open", value: sayKm(cover.open_m) },
  ];
  return (
    <dl className="numbers" data-testid="street-numbers">
      {numbers.map(({ name, value }) => (
        <div key={name}>
          <dt>{t(`street.number_${name}`)}</dt>
          <dd className="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Known({ cover }: { cover: StreetCoverage }) {
  const { t } = useTranslation();
  const { counted_until_us, matched_share } = cover;
  return (
    <p className="dim">
      {t("street.from", { time: taipei(cover.from_us).slice(5, 16) })}{" "}
      {counted_until_us === null
        ? t("street.not_counted_yet")
        : t("street.counted_until", { time: taipei(counted_until_us).slice(5, 16) })}{" "}
      {matched_share !== null && t("street.matched", { share: sayProbability(matched_share) })}{" "}
      {t("street.rule", { days: cover.kept_days, crews: cover.crews_min })}
    </p>
  );
}

export function Coverage({ params, go }: Props) {
  const { t } = useTranslation();
  const window = asWindow(params.window);
  const [view, setView] = useState<View | null>(null);
  const [picked, setPicked] = useState("");
  const map = useRef<LiveMap | null>(null);
  const cover = useCoverage(window, params.station, params.beat);
  const lines = useStreetLines(window, view);
  const features = useMemo(() => streetFeatures(lines.data?.items ?? []), [lines.data]);
  const line = lines.data?.items.find((one) => String(one.id) === picked);
  const seen = (next: View) => {
    const wide = wideView(next);
    setView((old) => (old?.every((side, at) => side === wide[at]) ? old : wide));
  };
  return (
    <>
      <div className="filters not-printed">
        <SegmentedControl
          aria-label={t("street.window")}
          value={window}
          onChange={(next) => go({ window: next === "day" ? "" : next })}
          data={STREET_WINDOWS.map((value) => ({ value, label: t(`street.window_${value}`) }))}
          data-testid="streets-window"
        />
        <StationSelect
          value={params.station}
          onChange={(station) => go({ station, beat: "" })}
          testId="streets-station"
        />
        {params.beat && (
          <Button variant="default" onClick={() => go({ beat: "" })}>
            {t("street.all_beats")}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          disabled={!cover.data || cover.data.map_version === null}
          onClick={() => cover.data && saveCoverage(cover.data, t)}
          data-testid="streets-csv"
        >
          {t("box.csv")}
        </Button>
      </div>
      <div className="streets-split">
        <div className="streets-map not-printed">
          <MapView
            label={t("street.map_label")}
            overlays={{ streets: features }}
            selected={null}
            handle={map}
            onView={seen}
            onPick={(one) => one.overlay === "streets" && setPicked(one.id)}
          />
          <Legend />
          {lines.data?.is_cut && <p className="note-warn">▲ {t("street.nearer")}</p>}
          {line && <Picked line={line} onClose={() => setPicked("")} />}
        </div>
        <div className="streets-tables">
          <Answer query={cover}>
            {(data) =>
              data.map_version === null ? (
                <Empty title={t("street.no_map")} hint={t("street.no_map_hint")} />
              ) : (
                <>
                  <Numbers cover={data} />
                  <Known cover={data} />
                  <AreaTable areas={data.areas} go={go} />
                  <StreetTable rows={data.streets} isCut={data.is_cut} />
                </>
              )
            }
          </Answer>
        </div>
      </div>
    </>
  );
}
