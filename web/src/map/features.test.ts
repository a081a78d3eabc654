import type { TFunction } from "i18next";
import { expect, test } from "vitest";
import { STALE_POSITION_MS } from "../app/age";
import type { Unit } from "../app/api/types";
import { nearCameraFeatures, unitFeatures } from "./features";

const t = ((key: string) => key) as unknown as TFunction;
const NOW_MS = 1_795_000_000_000;
const at = (age_ms: number | null, state: Unit["state"] = "available") =>
  ({
    id: "u1",
    call_sign: "永康 21",
    state,
    position: { lon: 120.25, lat: 23.03 },
    position_at_us: age_ms === null ? null : (NOW_MS - age_ms) * 1000,
    accuracy_m: 8,
  }) as Unit;
const drawn = (unit: Unit) => unitFeatures([unit], NOW_MS, t)[0]?.properties;

test("a position that has grown stale is drawn and named as stale, whatever the unit does", () => {
  expect(drawn(at(STALE_POSITION_MS))).toMatchObject({
    icon: "unit.available",
    label: "永康 21\nunit_state.available",
  });
  for (const state of ["available", "en_route", "on_scene"] as const) {
    const old = drawn(at(STALE_POSITION_MS + 1, state));
    expect(old).toMatchObject({ icon: `unit.${state}.stale`, label: "永康 21\nunit.stale", sort: 0 });
    expect(drawn(at(null, state))?.icon).toBe(`unit.${state}.stale`);
  }
  expect(unitFeatures([at(0, "off_duty"), { ...at(0), position: null }], NOW_MS, t)).toEqual([]);
});

test("cameras near an incident carry the numbers of their strip", () => {
  const camera = (id: string) =>
    ({ id, position: { lon: 120.2, lat: 23 } }) as Parameters<typeof nearCameraFeatures>[0][0];
  const made = nearCameraFeatures([camera("a"), camera("b")]);
  expect(made.map((one) => one.properties?.icon)).toEqual(["place.1", "place.2"]);
});
