// Which columns an answer has; the table on the screen and the CSV file are made of the same ones.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Count, Passing } from "../../app/api/types.lake";
import { passingOf } from "../../app/api/types.lake";
import type { Answer, Question } from "../answer";
import { readPlate } from "../plateText";
import { countId } from "../useDrawn";
import {
  companionColumns,
  countColumns,
  legColumns,
  meetingColumns,
  pairColumns,
  passingColumns,
  plateColumns,
  zoneColumns,
} from "./columns";
import type { Column } from "./DataTable";
import { numbersOf } from "./rows";
import type { Zone } from "./zones";

export interface Tabled {
  columns: Column<unknown>[];
  rows: unknown[];
  idOf: (row: unknown, at: number) => string;
  plateOf?: (row: unknown) => string;
  testId?: string;
  /** Rows of the file, where the screen shows their sums. */
  fileRows?: unknown[];
}

function tabled<T>(
  columns: Column<T>[],
  rows: T[],
  idOf: (row: T, at: number) => string,
  more: { plateOf?: (row: T) => string; testId?: string; fileRows?: T[] } = {},
): Tabled {
  return { columns, rows, idOf, ...more } as unknown as Tabled;
}

export function useTable(question: Question, answer: Answer, places: Count[], zones: Zone[]): Tabled {
  const { t } = useTranslation();
  return useMemo(() => {
    const passage = { plateOf: (p: Passing) => p.plate, testId: "sighting-row" };
    const plateOf = (row: { plate: string }) => row.plate;
    switch (answer.shape) {
      case "sightings": {
        const passings = answer.items.map(passingOf);
        return tabled(passingColumns(t, numbersOf(passings)), passings, (p) => p.id, passage);
      }
      case "passings":
        return tabled(passingColumns(t, null), answer.items, (p) => p.id, passage);
      case "legs":
        return tabled(legColumns(t, numbersOf(answer.items)), answer.items, (p) => p.id, passage);
      case "plates": {
        const isOfBook = question.kind === "plates";
        const asked = isOfBook ? readPlate(question.draft.plate).text : null;
        return tabled(plateColumns(t, asked, !isOfBook), answer.items, plateOf, { plateOf });
      }
      case "companions":
        return tabled(companionColumns(t), answer.items, plateOf, { plateOf });
      case "meetings":
        return tabled(meetingColumns(t), answer.items, (_, at) => `meeting-${at}`);
      case "pairs":
        return tabled(pairColumns(t), answer.items, (p) => `${p.first.id}-${p.then.id}`, { plateOf });
      case "zones": {
        const near = new Map(zones.map((zone) => [zone.cell, zone.near]));
        const fileRows = answer.items.map((zone) => ({ ...zone, near: near.get(zone.cell) ?? null }));
        return tabled(zoneColumns(t), zones, (zone) => zone.cell, { fileRows, testId: "zone-row" });
      }
      case "counts": {
        const isByHour = question.draft.by === "hour";
        return tabled(countColumns(t, isByHour), isByHour ? answer.items : places, (c, at) =>
          isByHour ? `count-${at}` : countId(c),
        );
      }
    }
  }, [t, question, answer, places, zones]);
}
