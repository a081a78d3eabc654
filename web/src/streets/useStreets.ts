// What the page of streets asks for, and its state in the address.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { streets, type View } from "../app/api/calls.streets";
import type { ReportBy } from "../app/api/types.report";
import { STREET_WINDOWS, type StreetWindow } from "../app/api/types.streets";
import { useUrlState } from "../app/useUrlState";

/** The server counts five minutes of tracks at a time, and answers anew once a minute. */
const REFRESH_MS = 60_000;

export function useCoverage(window: StreetWindow, station: string, beat: string) {
  return useQuery({
    queryKey: ["streets", "coverage", window, station, beat],
    queryFn: ({ signal }) => streets.coverage(window, station, beat, signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export function useStreetLines(window: StreetWindow, view: View | null) {
  return useQuery({
    queryKey: ["streets", "lines", window, view],
    queryFn: ({ signal }) => streets.lines(window, view ?? [0, 0, 0, 0], signal),
    enabled: view !== null,
    refetchInterval: REFRESH_MS,
    // Moving the map must not blink the streets away.
    placeholderData: keepPreviousData,
  });
}

/** Four weeks, or a quarter by month. */
const COUNT: Record<ReportBy, number> = { week: 4, month: 3 };

export function useReport(by: ReportBy, station: string) {
  return useQuery({
    queryKey: ["streets", "report", by, station],
    queryFn: ({ signal }) => streets.report(by, COUNT[by], station, signal),
    placeholderData: keepPreviousData,
  });
}

/** Some margin, and whole hundredths of a degree: a small move asks for nothing new. */
export function wideView([west, south, east, north]: View): View {
  const down = (degrees: number) => Math.floor(degrees * 100) / 100;
  const up = (degrees: number) => Math.ceil(degrees * 100) / 100;
  return [down(west), down(south), up(east), up(north)];
}

export function asWindow(text: string): StreetWindow {
  return STREET_WINDOWS.find((name) => name === text) ?? "day";
}

const PARAMS = ["tab", "window", "station", "beat", "by"] as const;

export type StreetParams = Record<(typeof PARAMS)[number], string>;

export function useStreetParams(): [StreetParams, (next: Partial<StreetParams>) => void] {
  return useUrlState(PARAMS, () => true);
}
