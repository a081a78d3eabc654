import { useQuery } from "@tanstack/react-query";
import { choice } from "../../app/api/calls.choice";
import { useSession } from "../../app/session";

const ASK_EACH_MS = 15_000;

export function useAdvice() {
  const { may } = useSession();
  return useQuery({
    queryKey: ["advice"],
    enabled: may("dispatch.watch"),
    queryFn: choice.advice,
    refetchInterval: ASK_EACH_MS,
  });
}
