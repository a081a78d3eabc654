// The words of the command bar. Chinese first; radio codes are the house's own list and come from the server.

import type { ClosingCode, UnitState } from "../../app/api/types";
import type { CodeMeaning } from "../../app/api/types.desk";
import type { WayStep } from "../desk/steps";
import { squeezed } from "./words";

/** What is said of a unit: a state of its own, or how far its order is. */
export type Said =
  | { of: "unit"; state: Extract<UnitState, "available" | "busy" | "off_duty"> }
  | { of: "order"; step: WayStep }
  | { of: "cancel" };

export type Verb = "assign" | "note" | "go" | "close" | "priority" | "ring" | "cameras";

const MEANS: Record<CodeMeaning, Said> = {
  available: { of: "unit", state: "available" },
  busy: { of: "unit", state: "busy" },
  off_duty: { of: "unit", state: "off_duty" },
  accept: { of: "order", step: "accept" },
  en_route: { of: "order", step: "en_route" },
  on_scene: { of: "order", step: "on_scene" },
  clear: { of: "order", step: "close" },
};

const SAID: [Said, string[]][] = [
  [MEANS.available, ["備勤", "可派遣", "待命", "回線", "available", "avail", "free"]],
  [MEANS.busy, ["忙碌", "不可派", "勤務中", "busy"]],
  [MEANS.off_duty, ["退勤", "下勤", "收班", "off duty", "off"]],
  [{ of: "order", step: "delivered" }, ["已通知", "通知", "told", "delivered"]],
  [MEANS.accept, ["接受", "收到", "accept", "accepted", "roger"]],
  [MEANS.en_route, ["出發", "前往", "途中", "en route", "enroute", "go there"]],
  [MEANS.on_scene, ["到場", "到達", "抵達", "現場", "on scene", "arrived", "at scene"]],
  [MEANS.clear, ["結束", "完畢", "處理完畢", "離場", "clear", "done"]],
  [{ of: "cancel" }, ["取消", "取消派遣", "召回", "cancel", "recall"]],
];

/** A verb may be glued to what follows it, as Chinese is written: 派永康21. */
const VERBS: [Verb, string[]][] = [
  ["assign", ["派遣", "加派", "派", "send", "assign", "dispatch"]],
  ["note", ["註記", "加註", "註", "備註", "note"]],
  ["go", ["看", "到", "開啟", "go", "open", "show"]],
  ["close", ["結案", "銷案", "close"]],
  ["priority", ["等級", "優先", "priority", "prio"]],
  ["ring", ["圍捕", "攔截", "ring"]],
  ["cameras", ["鏡頭", "監視器", "cameras", "cams"]],
];

const CLOSING: [ClosingCode, string[]][] = [
  ["handled", ["處理", "已處理", "處理完畢", "完成", "handled", "done"]],
  ["nothing_found", ["未發現", "無異狀", "nothing found", "nothing"]],
  ["unfounded", ["誤報", "謊報", "查無此事", "unfounded", "false"]],
  ["handed_over", ["移交", "移辦", "handed over"]],
  ["cancelled", ["取消", "撤銷", "cancelled", "cancel"]],
];

export interface Code {
  code: string;
  meaning: CodeMeaning;
}

const has = (names: string[], word: string) => names.some((name) => squeezed(name) === squeezed(word));

export function saidBy(word: string, codes: Code[]): Said | null {
  // 10-8 and 108 are written alike once squeezed; a code is compared with its dash.
  const exact = word.normalize("NFKC").trim().toLowerCase();
  const code = codes.find((known) => known.code === exact);
  if (code) return MEANS[code.meaning];
  return SAID.find(([, names]) => has(names, word))?.[0] ?? null;
}

export function verbOf(word: string): Verb | null {
  return VERBS.find(([, names]) => has(names, word))?.[0] ?? null;
}

/** 派永康21: the verb and the rest; Latin words are never glued. */
export function glued(word: string): { verb: Verb; rest: string } | null {
  for (const [verb, names] of VERBS) {
    for (const name of names) {
      const isChinese = /^\p{Script=Han}+$/u.test(name);
      if (isChinese && word.length > name.length && word.startsWith(name)) {
        return { verb, rest: word.slice(name.length) };
      }
    }
  }
  return null;
}

export function closingOf(word: string): ClosingCode | null {
  return CLOSING.find(([, names]) => has(names, word))?.[0] ?? null;
}
