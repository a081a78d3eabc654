// An area: clicks on the map, or coordinates for those who do not use one.

import { Button, NumberInput, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Area,
  isWhole,
  placesText,
  RADIUS_FIRST_M,
  RADIUS_MAX_M,
  RADIUS_MIN_M,
  readPlaces,
  squareKm,
  withoutLast,
} from "../area";

interface Props {
  area: Area;
  error: string | null;
  onChange: (area: Area) => void;
  isDrawing: boolean;
  onDraw: () => void;
  /** The box that the map shows. */
  onView: () => void;
}

export function AreaField({ area, error, isDrawing, onChange, onDraw, onView }: Props) {
  const { t } = useTranslation();
  // Half a coordinate is kept as typed until it can be read.
  const [typed, setTyped] = useState<string | null>(null);
  const text =
    area.kind === "polygon" ? placesText(area.corners) : area.centre ? placesText([area.centre]) : "";
  const wrong = typed === null ? [] : readPlaces(typed).wrong;
  const type = (value: string) => {
    setTyped(value);
    const { places } = readPlaces(value);
    if (area.kind === "polygon") onChange({ ...area, corners: places });
    else onChange({ ...area, centre: places[0] ?? null });
  };
  const common = {
    label: t(area.kind === "polygon" ? "lake.area_corners" : "lake.area_centre"),
    placeholder: t("lake.area_placeholder"),
    value: typed ?? text,
    onChange: (event: { currentTarget: { value: string } }) => type(event.currentTarget.value),
    onBlur: () => setTyped(null),
    error: wrong.length > 0 && t("lake.area_unread", { text: wrong[0] }),
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
          onChange={(kind) =>
            onChange(
              kind === "polygon"
                ? { kind, corners: [] }
                : { kind: "circle", centre: null, radius_m: RADIUS_FIRST_M },
            )
          }
          data={[
            { value: "circle", label: t("lake.area_circle") },
            { value: "polygon", label: t("lake.area_polygon") },
          ]}
        />
      </div>
      {area.kind === "polygon" ? (
        <Textarea {...common} autosize minRows={1} maxRows={4} data-testid="area-corners" />
      ) : (
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
        <Button variant="default" onClick={onView}>
          {t("lake.area_view")}
        </Button>
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
            ? t("lake.area_size", { size: squareKm(area).toFixed(2) })
            : t(area.kind === "polygon" ? "lake.area_hint_polygon" : "lake.area_hint_circle")}
        </span>
      )}
    </div>
  );
}
