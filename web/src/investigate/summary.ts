// A question in a line of words: for recent questions, file names, printed heads.

import type { TFunction } from "i18next";
import type { Camera, Id } from "../app/api/types";
import { saySeen } from "../app/seen";
import { type Area, areaText } from "./area";
import { nameOf } from "./cameras";
import { readPlate, readPlates } from "./plateText";
import { type Draft, hasSpan, isNarrowed, type Kind, SPECS } from "./questions";
import { readThefts } from "./thefts";

function areaWords(area: Area, t: TFunction): string {
  if (area.kind !== "h3") return areaText(area).slice(2, 40);
  return t("lake.area_cells", { cell: area.cells[0], count: area.cells.length });
}

export function summaryOf(kind: Kind, draft: Draft, byId: Map<Id, Camera>, t: TFunction): string {
  const { fields } = SPECS[kind];
  const cameras = (ids: Id[]) =>
    ids.length > 2
      ? t("lake.cameras_many", { name: nameOf(byId, ids[0] ?? ""), count: ids.length })
      : ids.map((id) => nameOf(byId, id)).join(t("app.list_joiner"));
  const parts: string[] = [];
  if (fields.includes("plate")) parts.push(readPlate(draft.plate).text);
  if (fields.includes("plates"))
    parts.push(
      readPlates(draft.plates)
        .map((p) => p.text)
        .join(" + "),
    );
  if (fields.includes("likeness")) parts.push(t(`lake.likeness_${draft.likeness}`));
  if (fields.includes("later")) parts.push(`${cameras(draft.cameras)} → ${cameras(draft.later)}`);
  else if (fields.includes("cameras")) parts.push(cameras(draft.cameras));
  if (fields.includes("area")) parts.push(areaWords(draft.area, t));
  if (isNarrowed(kind, draft)) parts.push(saySeen(draft.look, t));
  if (fields.includes("by")) parts.push(t(`lake.by_${draft.by}`));
  if (fields.includes("thefts")) {
    const { thefts } = readThefts(draft.thefts, Date.now());
    parts.push(t("lake.thefts_count", { count: thefts.length }), t(`lake.period_${draft.period}`));
  }
  if (hasSpan(kind)) {
    const { preset, from, until } = draft.span;
    parts.push(
      preset
        ? t(`lake.span_${preset}`)
        : `${from.replace("T", " ")} –${until ? ` ${until.replace("T", " ")}` : ""}`,
    );
  }
  return parts.filter(Boolean).join(" · ");
}
