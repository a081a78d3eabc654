// A ring on the map: who goes where, what stays open, and his way out.

import type { TFunction } from "i18next";
import type { RingPlan, Unit, Wgs84 } from "../app/api/types";
import { positions } from "../app/positions";
import { ordersBySlack } from "../command/ring/ring";
import type { HeldPlan } from "../command/ring/useRing";
import { pointFeature } from "./features";

function line(id: string, kind: string, places: Wgs84[], label = ""): GeoJSON.Feature {
  return {
    type: "Feature",
    properties: { id, kind, label },
    geometry: { type: "LineString", coordinates: places.map((p) => [p.lon, p.lat]) },
  };
}

function placeOf(units: Unit[], id: string): Wgs84 | null {
  const unit = units.find((one) => one.id === id);
  return unit ? positions.freshest(unit).position : null;
}

/** Numbers are those of the table. Lines to junctions are straight: no route is claimed. */
export function ringFeatures(
  plan: RingPlan | null,
  seen: Wgs84 | null,
  units: Unit[],
  t: TFunction,
): GeoJSON.Feature[] {
  const place = seen ?? plan?.position;
  const sign = place
    ? [
        pointFeature("ring-seen", place, {
          kind: "seen",
          icon: "ring.seen",
          label: t("ring.map.seen"),
          sort: 9,
        }),
      ]
    : [];
  if (!plan) return sign;
  const ways = plan.orders.flatMap((order) => {
    const from = placeOf(units, order.unit);
    return from ? [line(`ring-way-${order.unit}`, "post", [from, order.position])] : [];
  });
  const held = ordersBySlack(plan.orders).map((order, at) =>
    pointFeature(`ring-held-${order.unit}`, order.position, {
      kind: "junction",
      icon: `ring.held.${at + 1}`,
      label: order.street,
      sort: 5,
    }),
  );
  const open = plan.leaks.map((leak, at) =>
    pointFeature(`ring-open-${at}`, leak.position, {
      kind: "junction",
      icon: "ring.open",
      label: [leak.street, t("ring.map.open")].filter(Boolean).join("\n"),
      sort: 7,
    }),
  );
  const wayOut =
    plan.escape.length > 1 ? [line("ring-escape", "escape", plan.escape, t("ring.map.escape"))] : [];
  return [...ways, ...wayOut, ...held, ...open, ...sign];
}

/** What must be in view to judge a ring. Asking again moves no map: only another question does. */
export function ringFit({ plan, question }: HeldPlan, units: Unit[]): { key: string; places: Wgs84[] } {
  return {
    key: JSON.stringify(question),
    places: [
      plan.position,
      ...plan.orders.map((order) => order.position),
      ...plan.orders.flatMap((order) => placeOf(units, order.unit) ?? []),
      ...plan.leaks.map((leak) => leak.position),
    ],
  };
}
