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
const to = { lon: 120.2, lat: 22.99 };

describe("the kept way", () => {
  it("is that of its own job alone, and gone with its map when the job is over", () => {
    const phone = shelf();
    let forgotten = 0;
    const forget = () => {
      forgotten += 1;
    };
    dropWayUnless(phone, [], forget);
    expect(keptWay(phone, "a", to)).toBeNull();
    keepWay(phone, { way, to, language: "zh-TW" });
    expect(keptWay(phone, "a", to)?.way.code).toBe("Ok");
    expect(keptWay(phone, "b", to)).toBeNull();
    dropWayUnless(phone, ["b", "a"], forget);
    expect(keptWay(phone, "a", to)).not.toBeNull();
    expect(forgotten).toBe(0);
    dropWayUnless(phone, ["b"], forget);
    dropWayUnless(phone, ["b"], forget);
    expect(keptWay(phone, "a", to)).toBeNull();
    expect(forgotten).toBe(1);
  });

  it("is none where the incident stands elsewhere by now", () => {
    const phone = shelf();
    keepWay(phone, { way, to, language: "zh-TW" });
    expect(keptWay(phone, "a", { ...to })).not.toBeNull();
    expect(keptWay(phone, "a", { ...to, lat: 23.01 })).toBeNull();
  });

  it("that is no way is none, and goes", () => {
    const none = ["", "{", "3", '{"way":null}', '{"way":{"assignment":"a"}}', JSON.stringify({ way })];
    for (const rubbish of none) {
      const phone = shelf();
      phone.setItem("shouhu.my-way", rubbish);
      expect(keptWay(phone, "a", to)).toBeNull();
      dropWayUnless(phone, ["a"], () => undefined);
      expect(phone.getItem("shouhu.my-way")).toBe("null");
    }
  });

  it("does not hurt on a full phone", () => {
    const full = {
      getItem: () => null,
      setItem: () => {
        throw new Error("full");
      },
    } as unknown as Shelf;
    expect(() => keepWay(full, { way, to, language: "en" })).not.toThrow();
  });
});
