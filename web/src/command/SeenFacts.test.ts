import i18next from "i18next";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { initReactI18next } from "react-i18next";
import { beforeAll, describe, expect, it } from "vitest";
import type { Hit } from "../app/api/types";
import { saySeen, sayWanted } from "../app/seen";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { SeenFacts } from "./SeenFacts";

beforeAll(async () => {
  const resources = { "zh-TW": { translation: zh }, en: { translation: en } };
  await i18next
    .use(initReactI18next)
    .init({ resources, lng: "zh-TW", interpolation: { escapeValue: false } });
});

const drawn = (hit: Pick<Hit, "seen" | "conflicts">) =>
  renderToStaticMarkup(createElement(SeenFacts, { hit }));

describe("what a picture shows", () => {
  it("is one phrase in either language, without what was not sure", () => {
    const lorry = { kind: "truck", colour: "white", plate_colour: "white_black" } as const;
    expect(saySeen(lorry, i18next.t)).toBe("白色貨車 · 白底黑字車牌");
    expect(saySeen(lorry, i18next.getFixedT("en"))).toBe("white lorry · plate black on white");
    expect(saySeen({ colour: "red" }, i18next.t)).toBe("紅色");
    expect([saySeen({}, i18next.t), saySeen(undefined, i18next.t)]).toEqual(["", ""]);
  });

  it("stands beside what a crew looks for, with the colour before the words", () => {
    expect(sayWanted({ vehicle_colour: "red", vehicle_note: "左門凹陷" }, i18next.t)).toBe("紅色、左門凹陷");
    expect(sayWanted({ vehicle_colour: null, vehicle_note: "" }, i18next.t)).toBe("");
    const car = { vehicle_class: "car", vehicle_colour: "white", vehicle_note: null } as const;
    expect(sayWanted(car, i18next.t)).toBe("小客車、白色");
    expect(sayWanted(car, i18next.getFixedT("en"))).toBe("Car, white");
  });

  it("that contradicts the entry is marked by a sign and a word", () => {
    const html = drawn({ seen: { kind: "car", colour: "white" }, conflicts: ["colour"] });
    expect(html).toContain('data-part="colour" data-unlike="true"');
    expect(html).toContain("▲ 白色（不符）");
    expect(html).not.toContain("▲ 汽車");
  });

  it("of another kind than the plate is marked too, and what is not sure is said to be so", () => {
    const html = drawn({ seen: { kind: "motorcycle" }, conflicts: ["plate_of_other_kind"] });
    expect(html).toContain("▲ 機車");
    expect(html.match(/不確定/g)).toHaveLength(2);
  });

  it("of a hit from before cameras told it is not sure at all", () => {
    expect(drawn({ conflicts: [] }).match(/不確定/g)).toHaveLength(3);
  });
});
