import { describe, expect, it } from "vitest";
import type { IncidentLogLine } from "../../app/api/types";
import type { Photo } from "../../app/api/types.photos";
import { neighbour, photoOfLine, toLookAt, withoutLine } from "./usePhotosOf";

const photo = (id: string, received_at_us: number, state: Photo["state"] = "kept") =>
  ({ id, received_at_us, state }) as Photo;
const line = (key: string, params: IncidentLogLine["params"]): IncidentLogLine => ({
  at_us: 1,
  by_name: "林",
  key,
  params,
});
const all = [photo("c", 3), photo("a", 1), photo("b", 2, "withdrawn")];
const log = [
  line("photo_added", { photo: "a" }),
  line("photo_withdrawn", { photo: "c" }),
  line("assignment_reply", { text: "a" }),
];

describe("photos of a log", () => {
  it("belong to the line that tells of their arrival", () => {
    expect(log.map((one) => photoOfLine(one, all)?.id ?? null)).toEqual(["a", null, null]);
  });

  it("are shown apart when they came with a merged report", () => {
    expect(withoutLine(log, all).map((one) => one.id)).toEqual(["c", "b"]);
  });

  it("are looked at in the order of arrival, those that are gone left out", () => {
    const shown = toLookAt(all);
    expect(shown.map((one) => one.id)).toEqual(["a", "c"]);
    expect([neighbour(shown, "a", 1), neighbour(shown, "c", 1), neighbour(shown, "a", -1)]).toEqual([
      "c",
      "c",
      "a",
    ]);
  });
});
