// An area: clicks on the map, coordinates for those who do not use one, or H3 cells that another program gave.

import { Button, NumberInput, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Wgs84 } from "../../app/api/types";
import {
  type Area,
  inTaiwan,
  isWhole,
  placesText,
  RADIUS_FIRST_M,
  RADIUS_MAX_M,
  RADIUS_MIN_M,
  readPlaces,
  squareKm,
  withoutLast,
} from "../area";
import { readCells } from "../h3cell";

interface Props {
  area: Area;
  /** Its outlines, where they are known. */
  rings: Wgs84[][];
  error: string | null;
  onChange: (area: Area) => void;
  isDrawing: boolean;
  onDraw: () => void;
  /** The box that the map shows. */
  onView?: () => void;
  /** H3 cells were typed or pasted. */
  onCells?: () => void;
  /** Kinds that can be chosen; all where nothing is said. */
  kinds?: Area["kind"][];
}

const EMPTY: Record<Area["kind"], Area> = {
  circle: { kind: "circle", centre: null, radius_m: RADIUS_FIRST_M },
  polygon: { kind: "polygon", corners: [] },
  h3: { kind: "h3", cells: [] },
};

function textOf(area: Area): string {
  if (area.kind === "h3") return area.cells.join("\n");
  if (area.kind === "polygon") return placesText(area.corners);
  return area.centre ? placesText([area.centre]) : "";
}

/** What the text makes of the area, and the first thing in it that cannot be read. */
function readText(area: Area, text: string, t: TFunction): { area: Area; wrong: string | null } {
  if (area.kind === "h3") {
    const { cells, wrong } = readCells(text);
    const [first] = wrong;
    if (!first) return { area: { ...area, cells }, wrong: null };
    // An area with a hole that nobody meant is not asked about.
    return { area: { ...area, cells: [] }, wrong: t(`lake.h3_${first.problem}`, { text: first.text }) };
  }
  const { places, wrong } = readPlaces(text);
  const [first] = wrong;
  const unread = first === undefined ? null : t("lake.area_unread", { text: first });
  if (area.kind === "polygon") return { area: { ...area, corners: places }, wrong: unread };
  return { area: { ...area, centre: places[0] ?? null }, wrong: unread };
}

const ALL: Area["kind"][] = ["circle", "polygon", "h3"];

export function AreaField(props: Props) {
  const { area, rings, error, isDrawing, onChange, onDraw, onView, onCells, kinds = ALL } = props;
  const { t } = useTranslation();
  // Half a coordinate is kept as typed until it can be read; what cannot be read stays, with the reason.
  const [typed, setTyped] = useState<string | null>(null);
  const own = typed === null ? null : readText(area, typed, t);
  // A click on the map since then counts more than what was typed.
  const read = own && textOf(own.area) === textOf(area) ? own : null;
  const far = rings.findIndex((ring) => ring.some((p) => !inTaiwan(p.lon, p.lat)));
  const farText = area.kind === "h3" && far >= 0 ? t("lake.h3_far", { text: area.cells[far] }) : null;
  const common = {
    label: t(`lake.area_label_${area.kind}`),
    placeholder: area.kind === "h3" ? "894ba0a6e2bffff" : t("lake.area_placeholder"),
    value: (read && typed) ?? textOf(area),
    onChange: (event: { currentTarget: { value: string } }) => {
      setTyped(event.currentTarget.value);
      const next = readText(area, event.currentTarget.value, t).area;
      onChange(next);
      if (next.kind === "h3" && next.cells.length > 0) onCells?.();
    },
    onBlur: () => !read?.wrong && setTyped(null),
    error: read?.wrong ?? farText,
    spellCheck: false,
  };
  return (
    <div className="field-area">
      <div>
        <span className="field-label" id="area-label">
          {t("lake.area")}
        </span>
        <SegmentedControl
          aria-labelledby="area-label"
          value={area.kind}
          onChange={(kind) => {
            setTyped(null);
            onChange(EMPTY[kind as Area["kind"]]);
          }}
          data={kinds.map((value) => ({ value, label: value === "h3" ? "H3" : t(`lake.area_${value}`) }))}
        />
      </div>
      {area.kind === "h3" && (
        <Textarea
          {...common}
          className="field-cells"
          classNames={{ input: "code" }}
          autosize
          minRows={1}
          maxRows={4}
          data-testid="area-cells"
        />
      )}
      {area.kind === "polygon" && (
        <Textarea {...common} autosize minRows={1} maxRows={4} data-testid="area-corners" />
      )}
      {area.kind === "circle" && (
        <>
          <TextInput {...common} data-testid="area-centre" />
          <NumberInput
            label={t("lake.area_radius")}
            value={area.radius_m}
            min={RADIUS_MIN_M}
            max={RADIUS_MAX_M}
            step={50}
            onChange={(value) => onChange({ ...area, radius_m: Number(value) })}
            data-testid="area-radius"
          />
        </>
      )}
      <div className="field-acts">
        {onView && (
          <Button variant="default" onClick={onView}>
            {t("lake.area_view")}
          </Button>
        )}
        <Button
          variant="default"
          onClick={() => (isDrawing ? onChange(withoutLast(area)) : onDraw())}
          data-testid="area-draw"
        >
          {t(isDrawing ? "lake.area_undo" : "lake.area_redraw")}
        </Button>
      </div>
      {error ? (
        <span className="field-error" role="alert">
          {error}
        </span>
      ) : (
        <span className="field-hint" aria-live="polite">
          {isWhole(area)
            ? t("lake.area_size", { size: rings.length > 0 ? squareKm(rings).toFixed(2) : "…" })
            : t(`lake.area_hint_${area.kind}`)}
        </span>
      )}
    </div>
  );
}
