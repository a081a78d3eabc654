// Reasons, places and times of a tour in words.

import type { TFunction } from "i18next";
import { taipeiTime } from "../app/age";
import type { Micros } from "../app/api/types";
import type { Progress, TourPlace, TourStop, Why } from "../app/api/types.tours";

export function clock(at_us: Micros): string {
  return taipeiTime(at_us).slice(0, 5);
}

/** Whole minutes, as people plan them. */
export function minutes(from_us: Micros, to_us: Micros): number {
  return Math.round((to_us - from_us) / 60_000_000);
}

export function sayWhy(why: Why, t: TFunction): string {
  return t(`tour.why.${why.key}`, { ...why.params, defaultValue: why.key });
}

/** A box by its number; a spot by what it lies near. */
export function sayPlace(place: TourPlace, t: TFunction): string {
  if (place.kind === "box") return `${place.number} ${place.name}`;
  return place.name ? t(`tour.near_${place.kind}`, { name: place.name }) : t(`tour.kind_${place.kind}`);
}

export function sayProgress(progress: Progress, t: TFunction): string {
  const { state, reason, at_us } = progress;
  const what = reason ? t(`tour.reason_${reason}`) : t(`tour.stop_${state}`);
  return at_us === null ? what : `${what} ${clock(at_us)}`;
}

export function sayShare(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** The first that is still to be made. */
export function nextStop(stops: TourStop[]): TourStop | null {
  return stops.find((stop) => stop.progress.state === "planned") ?? null;
}
