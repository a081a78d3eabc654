// Tours on the map: one colour for each crew, doubled by a letter; numbers are those of the table.

import type { Wgs84 } from "../app/api/types";
import type { TourPlan, TourStop } from "../app/api/types.tours";
import { pointFeature } from "./features";

/** Okabe & Ito (2008): told apart by every eye. The ink is what can be read on it (4.5 : 1). */
export const TOUR_COLOURS = [
  { fill: "#56b4e9", ink: "#000000" },
  { fill: "#e69f00", ink: "#000000" },
  { fill: "#009e73", ink: "#000000" },
  { fill: "#cc79a7", ink: "#000000" },
  { fill: "#f0e442", ink: "#000000" },
  { fill: "#d55e00", ink: "#000000" },
] as const;

export function tourColour(at: number): (typeof TOUR_COLOURS)[number] {
  return TOUR_COLOURS[at % TOUR_COLOURS.length] ?? TOUR_COLOURS[0];
}

/** A, B, C …: twenty crews at most. */
export function tourLetter(at: number): string {
  return String.fromCharCode(65 + (at % 26));
}

export function stopId(at: number, seq: number): string {
  return `${at}-${seq}`;
}

function tourLine(at: number, base: Wgs84, stops: TourStop[]): GeoJSON.Feature {
  const places = [base, ...stops.map((stop) => stop.place.position), base];
  return {
    type: "Feature",
    properties: { id: `line-${at}`, kind: "line", colour: tourColour(at).fill },
    geometry: { type: "LineString", coordinates: places.map((place) => [place.lon, place.lat]) },
  };
}

/** One crew's stops and the straight lines between them: no route is claimed. What was skipped is not on the line. */
export function crewFeatures(at: number, base: Wgs84, stops: TourStop[]): GeoJSON.Feature[] {
  const colour = tourColour(at);
  const points = stops.map((stop) => {
    const { state } = stop.progress;
    return pointFeature(stopId(at, stop.seq), stop.place.position, {
      kind: "stop",
      state,
      colour: colour.fill,
      ink: state === "planned" ? colour.ink : "",
      label: `${tourLetter(at)}${stop.seq}${state === "done" ? "✓" : state === "skipped" ? "×" : ""}`,
      // Of several visits to one place the next one to come lies on top.
      sort: (state === "planned" ? 10_000 : 0) - at * 100 - stop.seq,
    });
  });
  const made = stops.filter((stop) => stop.progress.state !== "skipped");
  return made.length > 0 ? [tourLine(at, base, made), ...points] : points;
}

/** All crews, or the one that is looked at. */
export function tourFeatures(plan: TourPlan, unit: string): GeoJSON.Feature[] {
  const crews = plan.tours.flatMap((tour, at) =>
    unit && tour.unit !== unit ? [] : crewFeatures(at, plan.base, tour.stops),
  );
  return [...crews, pointFeature("base", plan.base, { kind: "base", sort: 0 })];
}
