import { expect, it } from "vitest";
import type { Actor, PersonKey } from "../app/api/types";
import { everybody, fitting, isLeftOver } from "./leftOver";

const key = (meets_rule: boolean): PersonKey => ({
  aaguid: null,
  model: null,
  is_attested: meets_rule,
  is_synced: null,
  made_at_us: 1,
  used_at_us: null,
  meets_rule,
  opens_until_us: null,
});

const person = (nth: number, keys: PersonKey[] = [key(true)], is_disabled = false): Actor => ({
  id: `${nth}`,
  name: `Officer ${nth}`,
  role: "officer",
  unit: null,
  is_disabled,
  last_seen_at_us: null,
  passkeys: keys,
});

/** As the server gives them: so many at once, and where the next ones begin. */
const house = (people: Actor[], size: number) => async (cursor: string | null) => {
  const from = Number(cursor ?? 0);
  const until = from + size;
  return { items: people.slice(from, until), next_cursor: until < people.length ? `${until}` : null };
};

it("everybody is counted, also who came to the house before the newest page", async () => {
  const people = Array.from({ length: 450 }, (_, nth) => person(nth, [key(nth !== 449)]));
  const found = await everybody(house(people, 200));
  expect(found).toHaveLength(450);
  expect(found.filter(isLeftOver).map((actor) => actor.name)).toEqual(["Officer 449"]);
});

it("a list without an end is an error and no shorter list", async () => {
  await expect(everybody(async () => ({ items: [person(1)], next_cursor: "again" }))).rejects.toThrow(
    "more than 100 people",
  );
});

it("whoever is disabled, or has no key yet, is shut out by no day", () => {
  expect([person(1, [key(false)]), person(2, [key(false)], true), person(3, [])].map(isLeftOver)).toEqual([
    true,
    false,
    false,
  ]);
});

it("people are found by their names, and those left over alone", () => {
  const people = [
    { ...person(1), name: "王小明" },
    { ...person(2, [key(false)]), name: "Ｗang 2" },
  ];
  expect(fitting(people, " wang", false).map((actor) => actor.id)).toEqual(["2"]);
  expect(fitting(people, "", true).map((actor) => actor.id)).toEqual(["2"]);
  expect(fitting(people, "王", true)).toEqual([]);
  expect(fitting(people, "", false)).toHaveLength(2);
});
