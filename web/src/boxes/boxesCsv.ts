// The list as a file; its headings are those that the import understands, so that it can be changed and given back.

import type { TFunction } from "i18next";
import { taipei } from "../app/age";
import type { CheckIn, PatrolBox } from "../app/api/types.patrol";
import { csvText, fileName, saveFile } from "../investigate/csv";

const IMPORTED = ["編號", "名稱", "派出所", "勤區", "經度", "緯度", "巡簽間隔", "備註"];

export function boxesCsv(boxes: PatrolBox[], t: TFunction): string {
  const rows = boxes.map((box) => [
    box.number,
    box.name,
    box.station,
    box.beat,
    box.position.lon,
    box.position.lat,
    box.every_h,
    box.note,
    t(`box.state_${box.state}`),
    box.last_check_in_at_us === null ? null : taipei(box.last_check_in_at_us),
  ]);
  return csvText([...IMPORTED, t("box.state"), t("box.last")], rows);
}

export function saveBoxes(boxes: PatrolBox[], t: TFunction): void {
  saveFile(fileName("patrol-boxes"), boxesCsv(boxes, t));
}

export function checkInsCsv(all: CheckIn[], t: TFunction): string {
  const rows = all.map((one) => [
    taipei(one.measured_at_us),
    taipei(one.received_at_us),
    one.number,
    one.name,
    one.station,
    one.by_name,
    t(`box.carries_${one.method}`),
    one.distance_m === null ? null : Math.round(one.distance_m),
    one.doubts
      .map((doubt) => t(`checkin.doubt_${doubt}`, { defaultValue: doubt }))
      .join(t("app.clause_joiner")),
  ]);
  const heads = ["measured", "received", "number", "name", "station", "by", "method", "distance", "doubts"];
  return csvText(
    heads.map((head) => t(`box.csv_${head}`)),
    rows,
  );
}

export function saveCheckIns(all: CheckIn[], t: TFunction): void {
  saveFile(fileName("check-ins"), checkInsCsv(all, t));
}
