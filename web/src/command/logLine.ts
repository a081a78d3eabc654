// One line of an incident's log in words.

import type { TFunction } from "i18next";
import type { IncidentLogLine } from "../app/api/types";

export function sayLogLine(line: IncidentLogLine, t: TFunction): string {
  return t(`incident_log.${line.key}`, {
    note: "",
    text: "",
    units: "",
    address: "",
    ...line.params,
    ...(line.params.code ? { code: t(`closing_code.${line.params.code}`) } : {}),
    // A server that is newer than this page may write lines that it has no words for.
    defaultValue: line.key,
  });
}
