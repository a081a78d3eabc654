// What a camera's picture shows of a vehicle, in words. What it was not sure of is left out.

import type { TFunction } from "i18next";
import type { Hit, SeenVehicle, VehicleClass, VehicleColour } from "./api/types";

/** `白色貨車 · 白底黑字`; empty where nothing was sure. */
export function saySeen(seen: SeenVehicle | undefined, t: TFunction): string {
  const colour = seen?.colour ? t(`vehicle_colour.${seen.colour}`) : null;
  const kind = seen?.kind ? t(`vehicle_kind.${seen.kind}`) : null;
  const vehicle = colour && kind ? t("seen.both", { colour, kind }) : (kind ?? colour);
  const plate = seen?.plate_colour ? t(`plate_colour.${seen.plate_colour}`) : null;
  return [vehicle, plate].filter(Boolean).join(" · ");
}

/** What an entry says of its vehicle: of a hit, or of a vehicle that a crew at a box is told of. */
interface Wanted {
  vehicle_class?: VehicleClass | null;
  vehicle_colour?: VehicleColour | null;
  vehicle_note: string | null;
}

/** What a crew looks for: the kind and the colour that the entry names, and its words. Empty where it says nothing. */
export function sayWanted(entry: Wanted, t: TFunction): string {
  const kind = entry.vehicle_class && t(`vehicle_class.${entry.vehicle_class}`);
  const colour = entry.vehicle_colour && t(`vehicle_colour.${entry.vehicle_colour}`);
  return [kind, colour, entry.vehicle_note].filter(Boolean).join(t("app.list_joiner"));
}

export interface SeenPart {
  part: "kind" | "colour" | "plate_colour";
  /** Null: the camera was not sure. */
  word: string | null;
  /** The server found that it does not fit entry or plate. */
  isUnlike: boolean;
}

/** Each thing that a person compares with the entry, whether the camera was sure of it or not. */
export function seenParts({ seen, conflicts }: Pick<Hit, "seen" | "conflicts">, t: TFunction): SeenPart[] {
  return [
    {
      part: "kind",
      word: seen?.kind ? t(`vehicle_kind.${seen.kind}`) : null,
      isUnlike: conflicts.includes("kind") || conflicts.includes("plate_of_other_kind"),
    },
    {
      part: "colour",
      word: seen?.colour ? t(`vehicle_colour.${seen.colour}`) : null,
      isUnlike: conflicts.includes("colour"),
    },
    {
      part: "plate_colour",
      word: seen?.plate_colour ? t(`plate_colour.${seen.plate_colour}`) : null,
      isUnlike: false,
    },
  ];
}
