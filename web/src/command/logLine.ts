// One line of an incident's log in words.

import type { TFunction } from "i18next";
import type { IncidentLogLine } from "../app/api/types";
import { sayReason } from "../app/reasonText";

type Place = { lon: number; lat: number } | null;

/** What a correction changed: values of its field in words. */
function amended(line: IncidentLogLine, t: TFunction, kindTitle: (key: string) => string) {
  const say = (value: unknown): string => {
    if (line.key === "kind_amended") return kindTitle(String(value));
    if (line.key === "position_amended") {
      const place = value as Place;
      return place ? `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : t("desk.nothing");
    }
    return value === "" ? t("desk.nothing") : String(value);
  };
  return { from: say(line.params.from), to: say(line.params.to) };
}

/** Why a crew does not go: the code's words, and what it said beside them. Older lines have only words. */
function declined({ params }: IncidentLogLine, t: TFunction) {
  const said = [params.code ? sayReason("order", String(params.code), t) : "", String(params.reason ?? "")];
  return { reason: [...new Set(said)].filter((text) => text !== "").join(t("app.clause_joiner")) };
}

export function sayLogLine(line: IncidentLogLine, t: TFunction, kindTitle = (key: string) => key): string {
  const said = t(`incident_log.${line.key}`, {
    note: "",
    text: "",
    units: "",
    address: "",
    ...line.params,
    ...(line.key === "assignment_declined" ? declined(line, t) : {}),
    ...(line.params.code ? { code: t(`closing_code.${line.params.code}`) } : {}),
    ...(line.key.endsWith("_amended") ? amended(line, t, kindTitle) : {}),
    // A server that is newer than this page may write lines that it has no words for.
    defaultValue: line.key,
  });
  return line.params.by_radio ? t("desk.radioed", { said }) : said;
}
