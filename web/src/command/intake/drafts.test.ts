import { beforeEach, describe, expect, it } from "vitest";
import type { Incident } from "../../app/api/types";
import type { Call } from "../../app/api/types.intake";
import { changeDraft, draftOf, dropDraft, keepDrafts, whole } from "./drafts";

const call = (place: { lon: number; lat: number } | null): Call => ({
  id: "c1",
  number: "T115-1122-0007",
  kind: "voice",
  line: "110-3",
  caller: null,
  is_mine: true,
  text: "有人打架",
  position: place,
  accuracy_m: null,
  video_url: null,
  state: "taken",
  arrived_at_us: 0,
  ended_at_us: null,
  taken_at_us: 0,
  taken_by: "p1",
  taken_by_name: "p1",
  settled_as: null,
  incident: null,
});

beforeEach(() => keepDrafts("nobody", []));

describe("a draft", () => {
  it("survives another call and stays with its own", () => {
    changeDraft("p1/new", { summary: "機車倒地" });
    changeDraft("p1/c1", { kind: "brawl" });
    changeDraft("p1/new", { address: "中正路 1 號" });
    expect(draftOf("p1/new")).toEqual({ summary: "機車倒地", address: "中正路 1 號" });
    dropDraft("p1/c1");
    expect(draftOf("p1/c1")).toBeUndefined();
    expect(draftOf("p1/new")).toBeDefined();
  });

  it("shows what the exchange learns until somebody sets something else", () => {
    const learned = { lon: 120.2, lat: 23 };
    expect(whole(undefined, call(null)).place).toBeNull();
    expect(whole({ kind: "brawl" }, call(learned))).toMatchObject({
      place: learned,
      summary: "有人打架",
      kind: "brawl",
    });
    const pin = { lon: 120.3, lat: 23 };
    expect(whole({ place: pin }, call(learned)).place).toEqual(pin);
    expect(whole({ place: null }, call(learned)).place).toBeNull();
  });

  it("is forgotten with its call, and with its person", () => {
    changeDraft("p1/c1", { summary: "a" });
    changeDraft("p1/c2", { summary: "b" });
    changeDraft("p2/new", { summary: "c" });
    keepDrafts("p1", ["c2"]);
    expect([draftOf("p1/c1"), draftOf("p2/new")]).toEqual([undefined, undefined]);
    expect(draftOf("p1/c2")).toEqual({ summary: "b" });
  });

  it("keeps what was opened, so that nothing is opened twice, though its call was settled by another", () => {
    const written = { id: "i1", number: "115-1122-0003" } as Incident;
    changeDraft("p1/c1", { written });
    keepDrafts("p1", []);
    expect(whole(draftOf("p1/c1"), null).written).toBe(written);
    keepDrafts("p2", []);
    expect(draftOf("p1/c1")).toBeUndefined();
  });
});
