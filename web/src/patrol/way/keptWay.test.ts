import { describe, expect, it } from "vitest";
import type { MyWay } from "../../app/api/types.way";
import type { Shelf } from "../outbox";
import { dropWayUnless, keepWay, keptWay } from "./keptWay";

function shelf(): Shelf {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  } as Shelf;
}

const way = { code: "Ok", routes: [], assignment: "a" } as unknown as MyWay;

describe("the kept way", () => {
  it("is that of its own job alone, and gone when the job is over", () => {
    const phone = shelf();
    expect(keptWay(phone, "a")).toBeNull();
    keepWay(phone, { way, language: "zh-TW" });
    expect(keptWay(phone, "a")?.way.code).toBe("Ok");
    expect(keptWay(phone, "b")).toBeNull();
    dropWayUnless(phone, ["b", "a"]);
    expect(keptWay(phone, "a")).not.toBeNull();
    dropWayUnless(phone, ["b"]);
    expect(keptWay(phone, "a")).toBeNull();
  });

  it("that is no way is none", () => {
    for (const rubbish of ["", "{", "3", "null", '{"way":null}', '{"way":{"assignment":"a"}}']) {
      const phone = shelf();
      phone.setItem("shouhu.my-way", rubbish);
      expect(keptWay(phone, "a")).toBeNull();
    }
  });

  it("does not hurt on a full phone", () => {
    const full = {
      getItem: () => null,
      setItem: () => {
        throw new Error("full");
      },
    } as unknown as Shelf;
    expect(() => keepWay(full, { way, language: "en" })).not.toThrow();
  });
});
