import { useQuery } from "@tanstack/react-query";
import { shifts } from "../app/api/calls.shifts";
import type { ShiftBoard } from "../app/api/types.shifts";
import { useSession } from "../app/session";

const EACH_MS = 60_000;

/** Who crews what; one question for the whole console. */
export function useShiftBoard() {
  const { may } = useSession();
  return useQuery<ShiftBoard>({
    queryKey: ["shift-board"],
    enabled: may("dispatch.watch"),
    queryFn: shifts.board,
    refetchInterval: EACH_MS,
  });
}
