// Stolen vehicles as people have them: a line each, or the columns of a list; plate, when the theft was noticed, when it was found again.

import { microsFromTaipei, taipei } from "../app/age";
import type { StolenVehicle } from "../app/api/types.lake";
import { isPattern, KNOWN_MIN, readPlate } from "./plateText";

/** What the server takes in one question. */
export const THEFTS_MAX = 2_000;
/** More make an address that nobody can pass on. */
export const THEFTS_IN_ADDRESS = 20;

export type TheftProblem = "no_plate" | "no_time" | "time_wrong" | "in_future" | "found_before";

export interface TheftsRead {
  thefts: StolenVehicle[];
  /** Lines counted from 1. */
  wrong: { line: number; text: string; problem: TheftProblem }[];
}

const TIME =
  /(?:民國)?(\d{2,4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2})[:時](\d{2})分?(?::(\d{2})(?:\.\d+)?秒?)?\s*(Z|[+-]\d{2}:?\d{2})?)?/g;

function momentOf(match: RegExpMatchArray): number | null {
  const [, year = "", month = "", day = "", hour = "0", minute = "00", second = "00", zone] = match;
  const two = (text: string) => text.padStart(2, "0");
  // A year of three digits counts from 1912.
  const full = year.length < 4 ? Number(year) + 1911 : Number(year);
  const local = `${full}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${second}`;
  if (!zone) return microsFromTaipei(local);
  const at_ms = Date.parse(`${local}${zone}`);
  return Number.isNaN(at_ms) ? null : at_ms * 1000;
}

function plateIn(rest: string): string | null {
  for (const part of rest.split(/[,;\t|"]+|\s{2,}/)) {
    const plate = readPlate(part);
    if (plate.known >= KNOWN_MIN && plate.wrong.length === 0 && !isPattern(plate)) return plate.text;
  }
  return null;
}

function readLine(line: string, now_us: number): StolenVehicle | TheftProblem {
  const times = [...line.matchAll(TIME)].map(momentOf);
  // Columns keep apart what the times divided.
  const plate = plateIn(line.replace(TIME, "  "));
  if (!plate) return "no_plate";
  const [stolen_at_us, recovered_at_us = null] = times;
  if (stolen_at_us === undefined) return "no_time";
  if (stolen_at_us === null || times.includes(null)) return "time_wrong";
  if (stolen_at_us > now_us) return "in_future";
  if (recovered_at_us !== null && recovered_at_us < stolen_at_us) return "found_before";
  return { plate, stolen_at_us, recovered_at_us };
}

export function readThefts(typed: string, now_ms: number): TheftsRead {
  const found: TheftsRead = { thefts: [], wrong: [] };
  const seen = new Set<string>();
  for (const [at, raw] of typed
    .normalize("NFKC")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n|;/)
    .entries()) {
    const text = raw.trim();
    // A first line without a digit is a list's heading.
    if (text === "" || (at === 0 && !/\d/.test(text))) continue;
    const read = readLine(text, now_ms * 1000);
    if (typeof read === "string") {
      found.wrong.push({ line: at + 1, text: text.slice(0, 60), problem: read });
      continue;
    }
    const key = `${read.plate} ${read.stolen_at_us}`;
    if (!seen.has(key)) found.thefts.push(read);
    seen.add(key);
  }
  return found;
}

const minute = (at_us: number) => taipei(at_us).slice(0, 16);

/** `ABC1234 2026-11-01 08:30 2026-11-04 10:00`, one a line. */
export function theftsText(thefts: StolenVehicle[], between = "\n"): string {
  return thefts
    .map((theft) => {
      const { plate, stolen_at_us, recovered_at_us } = theft;
      return [
        plate,
        minute(stolen_at_us),
        ...(recovered_at_us === null ? [] : [minute(recovered_at_us)]),
      ].join(" ");
    })
    .join(between);
}

/** A list as the file has it; older programs write Big5. */
export async function theftsFile(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("big5").decode(bytes);
  }
}
