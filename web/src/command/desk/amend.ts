// What an edited incident asks the server to correct, and the way back.

import type { Incident, Wgs84 } from "../../app/api/types";
import type { AmendIncident } from "../../app/api/types.desk";

/** What stands in the form; `position` as it was until somebody sets another. */
export interface Edited {
  kind: string;
  priority: number;
  address: string;
  position: Wgs84 | null;
}

export function editedOf(incident: Incident): Edited {
  const { kind, priority, address, position } = incident;
  return { kind, priority, address, position };
}

const samePlace = (one: Wgs84 | null, other: Wgs84 | null) =>
  one === other || (one !== null && other !== null && one.lon === other.lon && one.lat === other.lat);

/** `null`: nothing was changed. `was` is what stood there when the form was opened, so that nobody is overwritten. */
export function amendment(was: Edited, now: Edited): AmendIncident | null {
  const address = now.address.trim();
  const body: AmendIncident = {
    ...(was.kind === now.kind ? {} : { kind: { was: was.kind, now: now.kind } }),
    ...(was.priority === now.priority ? {} : { priority: { was: was.priority, now: now.priority } }),
    ...(was.address === address ? {} : { address: { was: was.address, now: address } }),
    ...(samePlace(was.position, now.position) ? {} : { position: { was: was.position, now: now.position } }),
  };
  return Object.keys(body).length > 0 ? body : null;
}

/** Undoing is one more correction: the log keeps both. */
export function wayBack(body: AmendIncident): AmendIncident {
  const { kind, priority, address, position } = body;
  return {
    ...(kind ? { kind: { was: kind.now, now: kind.was } } : {}),
    ...(priority ? { priority: { was: priority.now, now: priority.was } } : {}),
    ...(address ? { address: { was: address.now, now: address.was } } : {}),
    ...(position ? { position: { was: position.now, now: position.was } } : {}),
  };
}
