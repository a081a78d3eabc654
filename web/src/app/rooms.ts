import type { Id } from "./api/types";
import type { Session } from "./session";

export interface Room {
  name:
    | "command"
    | "policy"
    | "cards"
    | "shifts"
    | "intervals"
    | "replay"
    | "patrol"
    | "boxes"
    | "tours"
    | "streets"
    | "investigate"
    | "observations"
    | "breaches"
    | "inquiries"
    | "seals"
    | "sharing"
    | "answers"
    | "watchlists"
    | "warnings"
    | "positions"
    | "operate"
    | "oversee"
    | "misuse"
    | "questions";
  path: string;
  /** Any of these opens the door. */
  needs: string[];
  /** Where only some of those who may enter want it in their menu: any of these. */
  menu?: string[];
}

export const ROOMS: Room[] = [
  { name: "command", path: "/command", needs: ["dispatch.watch", "hits.decide"] },
  { name: "policy", path: "/dispatch/policy", needs: ["dispatch.watch"], menu: ["dispatch.policy"] },
  { name: "cards", path: "/dispatch/cards", needs: ["dispatch.watch"], menu: [] },
  { name: "shifts", path: "/dispatch/shifts", needs: ["dispatch.watch"], menu: [] },
  { name: "intervals", path: "/dispatch/intervals", needs: ["dispatch.report"], menu: [] },
  // The page of the policy leads to those above, an incident's card to this one.
  { name: "replay", path: "/dispatch/replay", needs: ["dispatch.watch"], menu: [] },
  { name: "patrol", path: "/patrol", needs: ["assignments.answer"] },
  { name: "boxes", path: "/boxes", needs: ["patrol.plan"] },
  { name: "tours", path: "/tours", needs: ["patrol.plan"] },
  { name: "streets", path: "/streets", needs: ["patrol.plan"] },
  { name: "investigate", path: "/investigate", needs: ["sightings.search"] },
  { name: "observations", path: "/observations", needs: ["observations.watch"] },
  { name: "watchlists", path: "/watchlists", needs: ["watchlists.read"] },
  { name: "warnings", path: "/warnings", needs: ["warnings.watch"] },
  { name: "positions", path: "/positions", needs: ["positions.trackers", "positions.tracks"] },
  { name: "operate", path: "/operate", needs: ["operations.watch", "devices.read", "actors.invite"] },
  { name: "oversee", path: "/oversee", needs: ["oversight.audit"] },
  { name: "breaches", path: "/breaches", needs: ["breaches.read"] },
  { name: "answers", path: "/answers", needs: ["oversight.reports", "disclosures.read"] },
  { name: "inquiries", path: "/inquiries", needs: ["inquiries.take"] },
  { name: "seals", path: "/seals", needs: ["seals.watch"] },
  { name: "sharing", path: "/sharing", needs: ["sharing.watch"] },
  { name: "misuse", path: "/misuse", needs: ["misuse.review"] },
  // Anybody who signs in may be asked: one permission of each role.
  {
    name: "questions",
    path: "/questions",
    needs: [
      "assignments.answer",
      "dispatch.watch",
      "sightings.search",
      "oversight.audit",
      "operations.watch",
    ],
  },
];

export const incidentPath = (id: Id): string => `/command?tab=incidents&incident=${encodeURIComponent(id)}`;

/** A look back at it. */
export const replayPath = (id: Id): string => `/dispatch/replay?incident=${encodeURIComponent(id)}`;

export function openRooms(may: Session["may"]): Room[] {
  return ROOMS.filter((room) => (room.menu ?? room.needs).some(may));
}
