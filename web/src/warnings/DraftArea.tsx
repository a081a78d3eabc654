// Where it counts: outlines and circles, drawn on the map or typed.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { isWhole, ringsOf, squareKm } from "../investigate/area";
import { AreaField } from "../investigate/form/AreaField";
import { type Draft, isBegun, NO_SHAPE, SHAPES_MAX, type Shape } from "./draft";

interface Props {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
}

export function DraftArea({ draft, onChange }: Props) {
  const { t } = useTranslation();
  const { shapes, current } = draft;
  const rings = ringsOf(current, null).filter((ring) => ring.length > 0);
  return (
    <div className="warning-area">
      {shapes.length > 0 && (
        <ul className="warning-shapes" data-testid="warning-shapes">
          {shapes.map((shape, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: shapes have no other name, and none moves
            <li key={at}>
              <span>
                {t(`lake.area_${shape.kind}`)} ·{" "}
                {t("lake.area_size", { size: squareKm(ringsOf(shape, null)).toFixed(2) })}
              </span>
              <Button
                size="xs"
                variant="default"
                onClick={() => onChange({ shapes: shapes.filter((_, other) => other !== at) })}
              >
                {t("warning.shape_remove")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <AreaField
        kinds={["circle", "polygon"]}
        area={current}
        rings={rings}
        error={null}
        isDrawing
        onChange={(area) => onChange({ current: area as Shape })}
        onDraw={() => onChange({ current: NO_SHAPE })}
      />
      {isBegun(current) && isWhole(current) && shapes.length + 1 < SHAPES_MAX && (
        <Button
          className="start"
          size="xs"
          variant="default"
          onClick={() => onChange({ shapes: [...shapes, current], current: NO_SHAPE })}
          data-testid="warning-shape-add"
        >
          {t("warning.shape_add")}
        </Button>
      )}
    </div>
  );
}
