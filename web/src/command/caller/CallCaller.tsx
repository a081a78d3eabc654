// The caller of a call in hand, on its form; and of an incident that came of calls, on its card.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { desk } from "../../app/api/calls.desk";
import type { Id, Incident, Wgs84 } from "../../app/api/types";
import type { CallerView } from "../../app/api/types.caller";
import { useSession } from "../../app/session";
import { Failure } from "../../app/states";
import { CallerPanel } from "./CallerPanel";
import { useCaller, useCallersOf } from "./useCaller";

export interface CallerMap {
  show: (place: Wgs84) => void;
  /** What the map draws for as long as this is looked at. */
  mark: (views: CallerView[]) => void;
}

const NONE: CallerView[] = [];

function useMarked(views: CallerView[], map: CallerMap) {
  const { mark } = map;
  useEffect(() => mark(views), [views, mark]);
  useEffect(() => () => mark(NONE), [mark]);
}

export function CallCaller({
  call,
  map,
  onScene,
}: {
  call: Id;
  map: CallerMap;
  onScene: (place: Wgs84) => void;
}) {
  const query = useCaller(call);
  const views = useMemo(() => (query.data ? [query.data] : NONE), [query.data]);
  useMarked(views, map);
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return query.data ? <CallerPanel view={query.data} onScene={onScene} onShow={map.show} /> : null;
}

function Callers({ incident, map }: { incident: Incident; map: CallerMap }) {
  const client = useQueryClient();
  const { may } = useSession();
  const query = useCallersOf(incident.id);
  useMarked(query.data ?? NONE, map);
  const isOver = incident.state === "closed" || incident.state === "merged";
  // A correction like every other: the log keeps where it was, and whoever corrected it meanwhile wins.
  const move = useMutation({
    mutationFn: (now: Wgs84) => desk.amend(incident.id, { position: { was: incident.position, now } }),
    onSuccess: (changed) => {
      client.setQueryData(["incidents", "one", incident.id], changed);
      void client.invalidateQueries({ queryKey: ["incidents"] });
    },
  });
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const views = (query.data ?? []).filter((view) => !isOver || view.link);
  return (
    <>
      {views.map((view) => (
        <CallerPanel
          key={view.call}
          view={view}
          onScene={isOver || !may("dispatch.order") ? null : (place) => move.mutate(place)}
          onShow={map.show}
          isSaving={move.isPending}
        />
      ))}
      {move.error && <Failure error={move.error} />}
    </>
  );
}

export function IncidentCallers(props: { incident: Incident; map: CallerMap }) {
  const { may } = useSession();
  return may("calls.take") && props.incident.origin === "call" ? <Callers {...props} /> : null;
}
