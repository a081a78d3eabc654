import { describe, expect, it } from "vitest";
import { microsFromTaipei } from "../app/age";
import type { Warning } from "../app/api/types.warnings";
import { bodyOf, capWord, type Draft, draftOf, expiresIn, missingOf, NEW_DRAFT } from "./draft";

const NOW_MS = Date.parse("2026-11-22T10:00:30+08:00");

const whole: Draft = {
  ...NEW_DRAFT,
  category: "Transport",
  urgency: "Immediate",
  severity: "Moderate",
  certainty: "Observed",
  expires: expiresIn(3, NOW_MS),
  zh: { event: " 封路 ", headline: "中正路封閉", description: "", instruction: "請改道" },
  areaName: "永康區",
  current: { kind: "circle", centre: { lon: 120.25, lat: 23.03 }, radius_m: 800 },
};

describe("a draft", () => {
  it("names what is missing in the order of the form", () => {
    expect(missingOf(NEW_DRAFT, NOW_MS)).toEqual([
      "category",
      "urgency",
      "severity",
      "certainty",
      "event",
      "headline",
      "expires",
      "area_name",
      "area",
    ]);
    expect(bodyOf(NEW_DRAFT, NOW_MS)).toBeNull();
    expect(missingOf(whole, NOW_MS)).toEqual([]);
  });

  it("wants English whole or not at all", () => {
    expect(missingOf({ ...whole, hasEn: true }, NOW_MS)).toEqual(["event_en", "headline_en"]);
    const body = bodyOf({ ...whole, en: { ...whole.zh, headline: "never sent" } }, NOW_MS);
    expect(body?.texts.map((text) => text.language)).toEqual(["zh-TW"]);
  });

  it("ends in the future and within three days", () => {
    const at = (expires: string) => missingOf({ ...whole, expires }, NOW_MS);
    expect(at("2026-11-22T10:00")).toEqual(["expires_wrong"]);
    expect(at("2026-11-25T10:00")).toEqual([]);
    expect(at("2026-11-25T10:01")).toEqual(["expires_wrong"]);
    expect(at(expiresIn(72, NOW_MS))).toEqual([]);
  });

  it("does not drop a half-drawn shape in silence", () => {
    const corner = { lon: 120.2, lat: 23 };
    const half: Draft = {
      ...whole,
      shapes: [whole.current],
      current: { kind: "polygon", corners: [corner] },
    };
    expect(missingOf(half, NOW_MS)).toEqual(["area_half"]);
  });

  it("is sent trimmed, with every shape", () => {
    const corners = [
      { lon: 120.2, lat: 23 },
      { lon: 120.3, lat: 23 },
      { lon: 120.3, lat: 23.1 },
    ];
    const body = bodyOf({ ...whole, shapes: [{ kind: "polygon", corners }] }, NOW_MS);
    expect(body?.texts[0]?.event).toBe("封路");
    expect(body?.expires_at_us).toBe(microsFromTaipei("2026-11-22T13:00"));
    expect(body?.area).toEqual({
      description: "永康區",
      polygons: [corners],
      circles: [{ centre: { lon: 120.25, lat: 23.03 }, radius_m: 800 }],
    });
  });
});

const DOCUMENT =
  '<?xml version="1.0"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><info><category>Transport</category><event>封路</event><responseType>Avoid</responseType></info></alert>';

const issued: Warning = {
  id: "w1",
  is_ours: true,
  state: "in_force",
  sender: "warnings@tainan.example",
  identifier: "w1",
  sent_at_us: NOW_MS * 1000,
  status: "Exercise",
  msg_type: "Alert",
  expires_at_us: (NOW_MS + 7_200_000) * 1000,
  is_expired: false,
  incident: "i1",
  earlier: null,
  created_by_name: "執勤 張",
  issued_at_us: NOW_MS * 1000,
  issued_by_name: "督導 陳",
  ended_by: null,
  texts: [
    {
      language: "zh-TW",
      event: "封路",
      headline: "中正路封閉",
      description: "",
      instruction: "請改道",
      urgency: "Immediate",
      severity: "Severe",
      certainty: "Observed",
    },
  ],
  areas: [
    {
      description: "永康區",
      polygons: [
        [
          { lon: 120.2, lat: 23 },
          { lon: 120.3, lat: 23 },
          { lon: 120.3, lat: 23.1 },
          { lon: 120.2, lat: 23 },
        ],
      ],
      circles: [],
    },
  ],
};
const WORDS = { zh: "解除：", en: "Cancelled: " };

describe("what follows a warning", () => {
  it("begins as the warning, with the words that only its document has", () => {
    const draft = draftOf(issued, "update", DOCUMENT, WORDS, NOW_MS);
    expect([draft.category, draft.response, draft.severity]).toEqual(["Transport", "Avoid", "Severe"]);
    expect(draft.shapes).toEqual([{ kind: "polygon", corners: issued.areas[0]?.polygons[0]?.slice(0, 3) }]);
    expect(draft.expires).toBe("2026-11-22T12:00");
    expect(missingOf(draft, NOW_MS)).toEqual([]);
    expect(bodyOf(draft, NOW_MS)).toMatchObject({ kind: "update", earlier: "w1", status: "Exercise" });
  });

  it("says all clear when it cancels", () => {
    const draft = draftOf(issued, "cancel", DOCUMENT, WORDS, NOW_MS);
    expect(draft.zh.headline).toBe("解除：中正路封閉");
    expect([draft.urgency, draft.response, draft.zh.instruction]).toEqual(["Past", "AllClear", ""]);
    expect(missingOf(draft, NOW_MS)).toEqual([]);
  });

  it("reads words with and without a prefix, and none where there is none", () => {
    expect(capWord("<cap:category> Met </cap:category>", "category")).toBe("Met");
    expect(capWord(DOCUMENT.replace(/<responseType>.*<\/responseType>/, ""), "responseType")).toBeNull();
  });
});
