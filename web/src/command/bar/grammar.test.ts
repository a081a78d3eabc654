import { describe, expect, test } from "vitest";
import { type BarIncident, type BarUnit, type Meaning, mustAsk, placeIn, read, type World } from "./grammar";

const unit = (call_sign: string, state: BarUnit["state"] = "available"): BarUnit => ({
  id: call_sign,
  call_sign,
  state,
});
const incident = (number: string, assignments: BarIncident["assignments"] = []): BarIncident => ({
  id: number,
  number,
  kind: "fight",
  priority: 2,
  assignments,
});

const world: World = {
  units: [
    unit("永康 21"),
    unit("永康 22", "dispatched"),
    unit("永康 31"),
    unit("仁德 21"),
    unit("TN-7", "off_duty"),
  ],
  incidents: [
    incident("115-1121-0123"),
    incident("115-1121-0124", [{ id: "a22", unit: "永康 22", state: "offered", delivered_at_us: null }]),
    incident("115-1120-0007"),
    incident("115-1121-0007"),
  ],
  codes: [
    { code: "10-8", meaning: "available" },
    { code: "10-23", meaning: "on_scene" },
    { code: "回線", meaning: "busy" },
  ],
};

/** In short, for what a test says. */
function say(meant: Meaning): string {
  switch (meant.kind) {
    case "assign":
      return `assign ${meant.units.map((one) => one.call_sign).join("+")} ${meant.incident.number}`;
    case "steps":
      return `steps ${meant.unit.call_sign} ${meant.steps.join(">")}${meant.steps.includes("close") ? ` ${meant.code}` : ""}`;
    case "cancel":
      return `cancel ${meant.unit.call_sign} ${meant.reason}`;
    case "unit_state":
      return `state ${meant.unit.call_sign} ${meant.state}`;
    case "note":
      return `note ${meant.incident.number} ${meant.text}`;
    case "priority":
      return `priority ${meant.incident.number} ${meant.to}`;
    case "close":
      return `close ${meant.incident.number} ${meant.code}`;
    case "go":
      return `go ${meant.incident.number} ${meant.view}`;
    case "unit":
      return `unit ${meant.unit.call_sign}`;
  }
}
const all = (line: string) => read(line, world).meanings.map(say);
const why = (line: string) => read(line, world).hint?.why;

describe("one meaning", () => {
  test.each([
    ["派 永康21 0123", "assign 永康 21 115-1121-0123"],
    ["派永康21 0123", "assign 永康 21 115-1121-0123"],
    ["派 永康 21 0123", "assign 永康 21 115-1121-0123"],
    ["永康21 0123", "assign 永康 21 115-1121-0123"],
    ["0123 派永康21", "assign 永康 21 115-1121-0123"],
    ["0123 永康21", "assign 永康 21 115-1121-0123"],
    ["send 永康21 仁德21 123", "assign 永康 21+仁德 21 115-1121-0123"],
    ["send 0123 永康21", "assign 永康 21 115-1121-0123"],
    ["ＴＮ－７ 備勤", "state TN-7 available"],
    ["tn7 10-8", "state TN-7 available"],
    ["TN7 回線", "state TN-7 busy"],
    ["永康21 off duty", "state 永康 21 off_duty"],
    ["永康22 收到", "steps 永康 22 accept"],
    ["永康22　到場", "steps 永康 22 accept>en_route>on_scene"],
    ["永康22 10-23 0124", "steps 永康 22 accept>en_route>on_scene"],
    ["永康 22 已通知", "steps 永康 22 delivered"],
    ["永康22 完畢 移交", "steps 永康 22 accept>en_route>on_scene>close handed_over"],
    ["永康22 取消 另有任務", "cancel 永康 22 另有任務"],
    ["note 0123 嫌犯往北 白色機車", "note 115-1121-0123 嫌犯往北 白色機車"],
    ["註 ０１２３ 嫌犯往北", "note 115-1121-0123 嫌犯往北"],
    ["0123 註 嫌犯往北", "note 115-1121-0123 嫌犯往北"],
    ["到 0123", "go 115-1121-0123 card"],
    ["#123", "go 115-1121-0123 card"],
    ["115-1120-0007", "go 115-1120-0007 card"],
    ["1121-0007", "go 115-1121-0007 card"],
    ["0123 鏡頭", "go 115-1121-0123 cameras"],
    ["0123 圍捕", "go 115-1121-0123 ring"],
    ["0123 p1", "priority 115-1121-0123 1"],
    ["等級 0123 ３", "priority 115-1121-0123 3"],
    ["0123 結案 已處理", "close 115-1121-0123 handled"],
    ["看 仁德21", "unit 仁德 21"],
  ])("%s", (line, expected) => expect(all(line)).toEqual([expected]));
});

test("where a line may mean several things, all are said and the newest number stands first", () => {
  expect(all("0007")).toEqual(["go 115-1121-0007 card", "go 115-1120-0007 card"]);
  expect(all("永康2 備勤")).toEqual([]);
  expect(all("永康 忙碌")).toEqual(["state 永康 21 busy", "state 永康 31 busy"]);
  expect(all("派 永康3 7")).toEqual(["assign 永康 31 115-1121-0007", "assign 永康 31 115-1120-0007"]);
  expect(all("0123 結案")).toHaveLength(5);
});

test("letters in their order are enough of a call sign, and a number alone is none", () => {
  expect(all("派 永31 0123")).toEqual(["assign 永康 31 115-1121-0123"]);
  expect(all("21 備勤")).toEqual([]);
});

test("a line that was typed with the Zhuyin keyboard on is what its keys say", () => {
  // note 0123: n o t e, 0 1 2 3.
  expect(all("ㄙㄟㄔㄍ ㄢㄅㄉˇ gate")).toEqual(["note 115-1121-0123 gate"]);
  expect(all("ㄢㄅㄉˇ")).toEqual(["go 115-1121-0123 card"]);
  expect(all("永康ㄉㄅ 0123")).toEqual(["assign 永康 21 115-1121-0123"]);
});

test("what a line lacks is said, and nothing is done for the sake of an answer", () => {
  expect(why("note 0123")).toBe("note_text");
  expect(why("永康22 取消")).toBe("reason");
  expect(why("永康22 備勤")).toBe("has_order");
  expect(why("永康21 到場")).toBe("no_order");
  expect(why("永康22 到場 0123")).toBe("no_order");
  expect(why("永康21 備勤")).toBe("nothing_new");
  expect(why("派 9999 永康21")).toBe("no_incident");
  expect(why("派 高雄99 0123")).toBe("no_unit");
  expect(why("派 0123")).toBe("which_unit");
  expect(why("等級 0123 7")).toBe("which_priority");
  expect(read("派 永康21", world)).toMatchObject({ hint: { why: "which_incident" } });
  for (const line of [
    "",
    " ",
    "台南火車站",
    "ABC-1234",
    "../../etc",
    "0",
    "派",
    "\u0000",
    "💥 0123",
    "__proto__ 0123",
  ]) {
    expect(all(line)).toEqual([]);
  }
});

test("of two call signs that are both not clear, none is left out unsaid", () => {
  const wider = { ...world, units: [...world.units, unit("仁德 22")] };
  expect(read("派 永康2 仁德2 0123", wider)).toEqual({ meanings: [], hint: { why: "which_unit" } });
  expect(read("派 永康2 仁德21 0123", wider).meanings.map(say)).toEqual([
    "assign 仁德 21+永康 21 115-1121-0123",
    "assign 仁德 21+永康 22 115-1121-0123",
  ]);
});

test("what does not come back asks once more, and what does not end anything does not", () => {
  const asks = (line: string) => read(line, world).meanings.map(mustAsk);
  expect(asks("永康22 取消 x")).toEqual([true]);
  expect(asks("0123 結案 誤報")).toEqual([true]);
  expect(asks("永康22 完畢 已處理")).toEqual([true]);
  for (const line of ["永康22 到場", "派永康21 0123", "note 0123 x", "tn7 備勤"])
    expect(asks(line)).toEqual([false]);
});

test("no line throws, and none means more than can be chosen from at a glance", () => {
  const words = [
    "永康21",
    "永康",
    "0123",
    "0007",
    "派",
    "note",
    "備勤",
    "完畢",
    "結案",
    "10-8",
    "ㄢㄅ",
    "p1",
    "取消",
    "到",
    "#",
    "-",
  ];
  let seed = 7;
  const next = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let turn = 0; turn < 3_000; turn += 1) {
    const line = Array.from({ length: next(6) }, () => words[next(words.length)]).join(next(4) ? " " : "");
    expect(read(line, world).meanings.length).toBeLessThanOrEqual(8);
  }
});

test("a place is what stands after the verb, or the whole line", () => {
  expect(placeIn("到 台南火車站 前站")).toBe("台南火車站 前站");
  expect(placeIn("看台南火車站")).toBe("台南火車站");
  expect(placeIn("中山路　100號")).toBe("中山路 100號");
});
