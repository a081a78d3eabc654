import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { tracking } from "../app/api/calls.positions";
import type { Id } from "../app/api/types";
import type { Tracker } from "../app/api/types.positions";
import { useUnits } from "../app/queries";
import { useSession } from "../app/session";

/** Each look leaves a leaf in the audit log. */
const REFRESH_MS = 60_000;
/** Whoever sets a phone up waits here for its first fix. */
const WAITING_MS = 5_000;
const WAITS_FOR_US = 10 * 60_000_000;

function isAwaited(tracker: Tracker): boolean {
  return tracker.state === "never_seen" && Date.now() * 1000 - tracker.created_at_us < WAITS_FOR_US;
}

export function useTrackers() {
  const { may } = useSession();
  return useQuery({
    queryKey: ["trackers"],
    enabled: may("positions.trackers"),
    queryFn: tracking.trackers,
    refetchInterval: ({ state }) => (state.data?.some(isAwaited) ? WAITING_MS : REFRESH_MS),
  });
}

export function useUnitPositions() {
  const { may } = useSession();
  return useQuery({
    queryKey: ["unit-positions"],
    enabled: may("positions.watch"),
    queryFn: tracking.units,
    refetchInterval: REFRESH_MS,
  });
}

/** What the unit of a tracker is called; who may not see units only learns that there is one. */
export function useUnitName(): (unit: Id | null) => string {
  const { t } = useTranslation();
  const units = useUnits();
  return (unit) => {
    if (unit === null) return "";
    return units.data?.find((one) => one.id === unit)?.call_sign ?? t("tracker.some_unit");
  };
}

export function useTrackerChange<Given>(act: (given: Given) => Promise<Tracker>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (changed) => {
      client.setQueryData<Tracker[]>(["trackers"], (old) =>
        old?.map((one) => (one.id === changed.id ? changed : one)),
      );
      void client.invalidateQueries({ queryKey: ["trackers"] });
    },
  });
}
