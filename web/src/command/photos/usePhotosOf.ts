// The photos of an incident and of its reports; a live event about its orders reads them again.

import { useQuery } from "@tanstack/react-query";
import { photos } from "../../app/api/calls.photos";
import type { Id, IncidentLogLine } from "../../app/api/types";
import type { Photo } from "../../app/api/types.photos";
import { useSession } from "../../app/session";

export function usePhotosOf(incident: Id) {
  const { may } = useSession();
  return useQuery({
    // Not below "incidents": each look leaves a leaf, and the live stream would look again for each change of each incident.
    queryKey: ["photos", incident],
    enabled: may("photos.read"),
    queryFn: () => photos.of(incident),
  });
}

/** The photo that a line of the log tells of. */
export function photoOfLine(line: IncidentLogLine, photos: Photo[]): Photo | null {
  if (line.key !== "photo_added") return null;
  return photos.find((photo) => photo.id === line.params.photo) ?? null;
}

/** Those that came with a report or an order from elsewhere: this log has no line of theirs. */
export function withoutLine(log: IncidentLogLine[], photos: Photo[]): Photo[] {
  return photos.filter((photo) => !log.some((line) => photoOfLine(line, [photo])));
}

/** Those that can be looked at, in the order of their arrival. */
export function toLookAt(photos: Photo[]): Photo[] {
  return photos
    .filter((photo) => photo.state === "kept")
    .sort((one, other) => one.received_at_us - other.received_at_us || one.id.localeCompare(other.id));
}

/** The next one in a direction; the same at an end. */
export function neighbour(photos: Photo[], id: Id, step: 1 | -1): Id {
  const at = photos.findIndex((photo) => photo.id === id);
  return photos[at + step]?.id ?? id;
}
