// What Enter will do, in words, before it is done.

import type { TFunction } from "i18next";
import type { Hint, Meaning } from "./grammar";

export function sayMeaning(meant: Meaning, t: TFunction, kindTitle: (key: string) => string): string {
  const of =
    "incident" in meant ? { number: meant.incident.number, kind: kindTitle(meant.incident.kind) } : {};
  switch (meant.kind) {
    case "assign":
      return t("bar.assign", {
        ...of,
        units: meant.units.map((unit) => unit.call_sign).join(t("app.list_joiner")),
      });
    case "steps":
      return t("bar.steps", {
        ...of,
        call_sign: meant.unit.call_sign,
        steps: meant.steps.map((step) => t(`desk.step.${step}`)).join(" → "),
        code: meant.steps.includes("close") ? t(`closing_code.${meant.code}`) : "",
      });
    case "cancel":
      return t("bar.cancel", { ...of, call_sign: meant.unit.call_sign, reason: meant.reason });
    case "unit_state":
      return t("bar.unit_state", { call_sign: meant.unit.call_sign, state: t(`unit_state.${meant.state}`) });
    case "note":
      return t("bar.note", { ...of, text: meant.text });
    case "priority":
      return t("bar.priority", { ...of, from: meant.incident.priority, to: meant.to });
    case "close":
      return t("bar.close", { ...of, code: t(`closing_code.${meant.code}`) });
    case "go":
      return t(`bar.go_${meant.view}`, of);
    case "unit":
      return t("bar.unit", { call_sign: meant.unit.call_sign });
  }
}

export function sayHint(hint: Hint, t: TFunction): string {
  return t(`bar.hint.${hint.why}`, { ...hint });
}

/** Of two meanings that stand in one list; the words of a note are no part of it. */
export function meaningId(meant: Meaning): string {
  switch (meant.kind) {
    case "assign":
      return `assign ${meant.units.map((unit) => unit.id).join("+")} ${meant.incident.id}`;
    case "steps":
      return `steps ${meant.order} ${meant.steps.join("+")} ${meant.code}`;
    case "cancel":
      return `cancel ${meant.order}`;
    case "unit_state":
      return `state ${meant.unit.id} ${meant.state}`;
    case "note":
      return `note ${meant.incident.id}`;
    case "priority":
      return `priority ${meant.incident.id} ${meant.to}`;
    case "close":
      return `close ${meant.incident.id} ${meant.code}`;
    case "go":
      return `go ${meant.incident.id} ${meant.view}`;
    case "unit":
      return `unit ${meant.unit.id}`;
  }
}
