// All boxes, as a list and on the map: one selection for both.

import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { BOX_STATES, type PatrolBox } from "../app/api/types.patrol";
import { Icon } from "../app/icons";
import { useKeys } from "../app/keys";
import { Answer, Empty } from "../app/states";
import { boxFeatures } from "../map/features";
import type { LiveMap } from "../map/LiveMap";
import { MapView } from "../map/MapView";
import { BoxDetail } from "./BoxDetail";
import { BoxTable } from "./BoxTable";
import { saveBoxes } from "./boxesCsv";
import { StationSelect } from "./StationSelect";
import { type BoxParams, useBoxes } from "./useBoxes";

interface Props {
  params: BoxParams;
  go: (next: Partial<BoxParams>) => void;
}

export function BoxList({ params, go }: Props) {
  const { t } = useTranslation();
  const map = useRef<LiveMap | null>(null);
  const find = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(params.q);
  const query = useBoxes({ q: params.q, station: params.station, state: params.state });
  const boxes = query.data?.items ?? [];
  const chosen = boxes.find((one) => one.id === params.box) ?? null;
  const isMap = params.view === "map";
  const search = useDebouncedCallback((q: string) => go({ q: q.trim() }), 300);
  // The address may change under the field: another tab, the back button.
  useEffect(() => setText(params.q), [params.q]);

  const choose = (box: PatrolBox | null) => {
    go({ box: box?.id ?? "" });
    if (box) map.current?.show(box.position);
  };
  const step = (by: number) => {
    const here = boxes.findIndex((one) => one.id === params.box);
    const next = boxes[here < 0 ? 0 : Math.min(Math.max(here + by, 0), boxes.length - 1)];
    if (next) choose(next);
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: () => (chosen ? document.getElementById("box-card")?.focus() : step(0)),
    Escape: () => choose(null),
    t: () => go({ view: isMap ? "" : "map" }),
  });

  const overlays = useMemo(() => ({ boxes: boxFeatures(query.data?.items ?? []) }), [query.data]);
  const fit = useMemo(
    () => ({
      key: `${params.q}|${params.station}|${params.state}|${query.data !== undefined && !query.isPlaceholderData}`,
      places: (query.data?.items ?? []).map((one) => one.position),
    }),
    [params.q, params.station, params.state, query.data, query.isPlaceholderData],
  );

  return (
    <>
      <div className="filters">
        <TextInput
          ref={find}
          label={t("box.find")}
          placeholder={t("box.find_hint")}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            search(event.currentTarget.value);
          }}
          className="box-find"
          data-testid="boxes-find"
        />
        <StationSelect
          value={params.station}
          onChange={(station) => go({ station })}
          testId="boxes-station"
        />
        <Select
          label={t("box.state")}
          placeholder={t("box.all_states")}
          data={BOX_STATES.map((value) => ({ value, label: t(`box.state_${value}`) }))}
          value={params.state || null}
          onChange={(state) => go({ state: state ?? "" })}
          clearable
          data-testid="boxes-state"
        />
        <SegmentedControl
          aria-label={t("box.view")}
          value={isMap ? "map" : "list"}
          onChange={(view) => go({ view: view === "map" ? "map" : "" })}
          data={[
            { value: "list", label: t("box.view_list") },
            { value: "map", label: t("box.view_map") },
          ]}
        />
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          disabled={boxes.length === 0}
          onClick={() => saveBoxes(boxes, t)}
          data-testid="boxes-csv"
        >
          {t("box.csv")}
        </Button>
      </div>
      <Answer query={query}>
        {({ items, isCut }) =>
          items.length === 0 ? (
            <Empty title={t("box.nothing")} hint={t("box.nothing_hint")} />
          ) : (
            <>
              <p className="dim" role="status" data-testid="boxes-count">
                {t("box.count", { count: items.length })}
                {isCut && ` ${t("box.cut")}`}
              </p>
              <div
                className="boxes-split"
                data-view={isMap ? "map" : "list"}
                data-chosen={chosen ? "" : undefined}
              >
                <BoxTable boxes={items} chosen={params.box} onChoose={choose} />
                <div className="boxes-side">
                  {chosen && <BoxDetail key={chosen.id} box={chosen} go={go} onClose={() => choose(null)} />}
                  <div className="boxes-map">
                    <MapView
                      label={t("box.map_label")}
                      overlays={overlays}
                      selected={chosen?.position ?? null}
                      fit={fit}
                      handle={map}
                      onPick={({ id }) => go({ box: id })}
                    />
                  </div>
                </div>
              </div>
            </>
          )
        }
      </Answer>
    </>
  );
}
