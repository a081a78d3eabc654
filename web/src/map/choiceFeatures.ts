// Cover, a proposed move and officers in danger, as the map draws them.

import type { TFunction } from "i18next";
import type { Unit, Wgs84 } from "../app/api/types";
import type { CoverCell, Move, Panic } from "../app/api/types.choice";
import { placeOf } from "../panic/panics";
import { pointFeature } from "./features";

/** The largest circle is the cell with most of the demand; area, not radius, goes with the share. */
export function coverFeatures(cells: CoverCell[]): GeoJSON.Feature[] {
  const most = Math.max(...cells.map((cell) => cell.share), 0);
  if (most === 0) return [];
  return cells
    .filter((cell) => cell.share > 0)
    .map((cell, at) =>
      pointFeature(`cover-${at}`, cell.position, {
        kind: "cell",
        size: Math.sqrt(cell.share / most),
        units: Math.min(cell.units, 2),
        sort: cell.share,
      }),
    );
}

/** Where a unit would stand, and a straight line to there: no route is claimed. */
export function moveFeatures(moves: Move[], units: Unit[], t: TFunction): GeoJSON.Feature[] {
  return moves.flatMap((move) => {
    const label = t("advice.move_map", { call_sign: move.call_sign });
    const goal = pointFeature(`move-${move.unit}`, move.position, { kind: "goal", icon: "move", label });
    const from: Wgs84 | null | undefined = units.find((one) => one.id === move.unit)?.position;
    if (!from) return [goal];
    const line: GeoJSON.Feature = {
      type: "Feature",
      properties: { id: `move-way-${move.unit}`, kind: "way", sort: 0 },
      geometry: {
        type: "LineString",
        coordinates: [
          [from.lon, from.lat],
          [move.position.lon, move.position.lat],
        ],
      },
    };
    return [line, goal];
  });
}

/** By unit: the sign goes where its unit goes. */
export function panicFeatures(panics: Panic[], units: Unit[], t: TFunction): GeoJSON.Feature[] {
  return panics.flatMap((panic) => {
    const there = placeOf(panic, units);
    if (!there) return [];
    return [
      pointFeature(panic.unit, there.position, {
        state: panic.state,
        accuracy_m: there.accuracy_m,
        label: t("panic.map_label", { call_sign: panic.call_sign }),
        sort: 10,
      }),
    ];
  });
}
