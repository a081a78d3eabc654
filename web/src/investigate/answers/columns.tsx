// The columns of each answer; a file has the same ones.

import type { TFunction } from "i18next";
import { taipei } from "../../app/age";
import type { Id } from "../../app/api/types";
import type {
  Companion,
  Count,
  KnownPlate,
  Leg,
  Meeting,
  PassedBoth,
  Passing,
} from "../../app/api/types.lake";
import { isUnsure, sayDistance, sayDuration, sayProbability } from "../../app/say";
import { saySeen } from "../../app/seen";
import { differences } from "../plateText";
import type { Column } from "./DataTable";
import { SIDES, type Side, vehiclesOf, type Zone, zoneName } from "./zones";

const number = "number nowrap";

/** A plate with what differs from the asked one underlined. */
export function MarkedPlate({ plate, display, asked }: { plate: string; display: string; asked: string }) {
  const wrong = new Set(differences(asked, plate));
  if (wrong.size === 0) return <span className="plate">{display}</span>;
  let at = -1;
  return (
    <span className="plate">
      {[...display].map((character, place) => {
        if (/[0-9A-Z]/.test(character)) at += 1;
        const isWrong = /[0-9A-Z]/.test(character) && wrong.has(at);
        // biome-ignore lint/suspicious/noArrayIndexKey: characters have no other name
        return isWrong ? <u key={place}>{character}</u> : <span key={place}>{character}</span>;
      })}
    </span>
  );
}

function heading(p: Passing, t: TFunction): string {
  return p.heading ? t(`heading.${p.heading}`) : "";
}

export function passingColumns(t: TFunction, numbers: Map<Id, number> | null): Column<Passing>[] {
  const counted: Column<Passing> = {
    key: "number",
    head: t("lake.head_number"),
    show: (p) => numbers?.get(p.id),
    value: (p) => numbers?.get(p.id) ?? null,
    className: number,
  };
  return [
    ...(numbers ? [counted] : []),
    {
      key: "plate",
      head: t("lake.head_plate"),
      show: (p) => <span className="plate">{p.plate_display}</span>,
      value: (p) => p.plate_display,
    },
    {
      key: "captured",
      head: t("lake.head_captured"),
      show: (p) => taipei(p.captured_at_us),
      value: (p) => taipei(p.captured_at_us),
      className: number,
    },
    {
      key: "place",
      head: t("lake.head_place"),
      show: (p) => p.place_name,
      value: (p) => p.place_name,
      className: "place-cell",
    },
    {
      key: "heading",
      head: t("lake.head_heading"),
      show: (p) => heading(p, t) || "—",
      value: (p) => heading(p, t),
    },
    {
      key: "confidence",
      head: t("lake.head_confidence"),
      show: (p) => (
        <span className={isUnsure(p.confidence) ? "ink-warn" : ""}>
          {isUnsure(p.confidence) && "▲ "}
          {sayProbability(p.confidence)}
        </span>
      ),
      value: (p) => p.confidence,
      className: number,
    },
    {
      key: "lat",
      head: t("lake.head_lat"),
      show: () => null,
      value: (p) => p.position?.lat ?? null,
      className: "file-only",
    },
    {
      key: "lon",
      head: t("lake.head_lon"),
      show: () => null,
      value: (p) => p.position?.lon ?? null,
      className: "file-only",
    },
    { key: "id", head: t("lake.head_id"), show: () => null, value: (p) => p.id, className: "file-only" },
    {
      key: "seen",
      head: t("seen.title"),
      show: () => null,
      value: (p) => saySeen(p.seen, t),
      className: "file-only",
    },
  ];
}

export function legColumns(t: TFunction, numbers: Map<Id, number>): Column<Leg>[] {
  const doubt = (leg: Leg) =>
    leg.doubt ? t(`lake.doubt_${leg.doubt}`) : leg.is_gap ? t("lake.leg_gap") : "";
  const [counted, , captured, place, , confidence, lat, lon, id] = passingColumns(t, numbers);
  const rest = [counted, captured, place].filter((c) => c !== undefined);
  const tail = [confidence, lat, lon, id].filter((c) => c !== undefined);
  return [
    ...rest,
    {
      key: "elapsed",
      head: t("lake.head_elapsed"),
      show: (leg) => (leg.took_ms === null ? "—" : sayDuration(leg.took_ms / 1000, t)),
      value: (leg) => (leg.took_ms === null ? null : leg.took_ms / 1000),
      className: number,
    },
    {
      key: "distance",
      head: t("lake.head_distance"),
      show: (leg) => (leg.distance_m === null ? "—" : sayDistance(leg.distance_m, t)),
      value: (leg) => leg.distance_m,
      className: number,
    },
    {
      key: "speed",
      head: t("lake.head_speed"),
      show: (leg) => (
        <span className={leg.doubt ? "ink-warn" : ""}>
          {leg.doubt && "▲ "}
          {leg.speed_kmh === null ? "—" : Math.round(leg.speed_kmh)}
        </span>
      ),
      value: (leg) => leg.speed_kmh,
      className: number,
    },
    { key: "doubt", head: t("lake.head_doubt"), show: (leg) => doubt(leg) || "—", value: doubt },
    ...tail,
  ];
}

export function plateColumns(t: TFunction, asked: string | null, withTimes: boolean): Column<KnownPlate>[] {
  const time = (name: "first" | "last"): Column<KnownPlate> => {
    const of = (p: KnownPlate) => p[`${name}_at_us`];
    return {
      key: name,
      head: t(`lake.head_${name}`),
      show: (p) => (of(p) === null ? "—" : taipei(of(p) ?? 0)),
      value: (p) => (of(p) === null ? null : taipei(of(p) ?? 0)),
      className: number,
    };
  };
  return [
    {
      key: "plate",
      head: t("lake.head_plate"),
      show: (p) =>
        asked ? (
          <MarkedPlate plate={p.plate} display={p.plate_display} asked={asked} />
        ) : (
          <span className="plate">{p.plate_display}</span>
        ),
      value: (p) => p.plate_display,
    },
    {
      key: "sightings",
      head: t("lake.head_sightings"),
      show: (p) => p.sightings.toLocaleString("en"),
      value: (p) => p.sightings,
      className: number,
    },
    ...(withTimes ? [time("first"), time("last")] : []),
  ];
}

export function companionColumns(t: TFunction): Column<Companion>[] {
  return [
    {
      key: "plate",
      head: t("lake.head_plate"),
      show: (c) => <span className="plate">{c.plate_display}</span>,
      value: (c) => c.plate_display,
    },
    {
      key: "shared",
      head: t("lake.head_shared"),
      show: (c) => <strong>{c.cameras}</strong>,
      value: (c) => c.cameras,
      className: number,
    },
    {
      key: "encounters",
      head: t("lake.head_encounters"),
      show: (c) => c.encounters,
      value: (c) => c.encounters,
      className: number,
    },
    {
      key: "first",
      head: t("lake.head_first"),
      show: (c) => taipei(c.first_at_us).slice(5, 16),
      value: (c) => taipei(c.first_at_us),
      className: number,
    },
    {
      key: "last",
      head: t("lake.head_last"),
      show: (c) => taipei(c.last_at_us).slice(5, 16),
      value: (c) => taipei(c.last_at_us),
      className: number,
    },
  ];
}

export function meetingColumns(t: TFunction): Column<Meeting>[] {
  const names = (m: Meeting) => m.place_names.join(t("app.list_joiner"));
  return [
    {
      key: "number",
      head: t("lake.head_number"),
      show: (_, at) => at + 1,
      value: (_, at) => at + 1,
      className: number,
    },
    {
      key: "when",
      head: t("lake.head_captured"),
      show: (m) => taipei(m.first_at_us),
      value: (m) => taipei(m.first_at_us),
      className: number,
    },
    { key: "place", head: t("lake.head_place"), show: names, value: names, className: "place-cell" },
    {
      key: "lasted",
      head: t("lake.head_lasted"),
      show: (m) => sayDuration((m.last_at_us - m.first_at_us) / 1e6, t),
      value: (m) => (m.last_at_us - m.first_at_us) / 1e6,
      className: number,
    },
    {
      key: "passages",
      head: t("lake.head_sightings"),
      show: (m) => m.passages,
      value: (m) => m.passages,
      className: number,
    },
    {
      key: "plates",
      head: t("lake.head_plates"),
      show: (m) => <span className="plate">{m.plates.join(" ")}</span>,
      value: (m) => m.plates.join(" "),
    },
  ];
}

export function pairColumns(t: TFunction): Column<PassedBoth>[] {
  return [
    {
      key: "plate",
      head: t("lake.head_plate"),
      show: (p) => <span className="plate">{p.plate_display}</span>,
      value: (p) => p.plate_display,
    },
    {
      key: "first",
      head: t("lake.head_at_a"),
      show: (p) => taipei(p.first.captured_at_us).slice(5),
      value: (p) => taipei(p.first.captured_at_us),
      className: number,
    },
    {
      key: "then",
      head: t("lake.head_at_b"),
      show: (p) => taipei(p.then.captured_at_us).slice(5),
      value: (p) => taipei(p.then.captured_at_us),
      className: number,
    },
    {
      key: "took",
      head: t("lake.head_took"),
      show: (p) => sayDuration(p.took_ms / 1000, t),
      value: (p) => p.took_ms / 1000,
      className: number,
    },
    {
      key: "route",
      head: t("lake.head_route"),
      show: (p) => (
        <span className="two-lines">
          <span className="one-line">{p.first.place_name}</span>
          <span className="one-line">→ {p.then.place_name}</span>
        </span>
      ),
      value: (p) => `${p.first.place_name} → ${p.then.place_name}`,
      className: "place-cell",
    },
  ];
}

export function zoneColumns(t: TFunction): Column<Zone>[] {
  const side = (one: Side): Column<Zone> => ({
    key: one,
    head: t(`lake.side_${one}`),
    show: (zone) => vehiclesOf(zone, one) || "—",
    value: (zone) => vehiclesOf(zone, one),
    className: number,
  });
  return [
    {
      key: "place",
      head: t("lake.head_near"),
      show: zoneName,
      value: (zone) => zone.near,
      className: "place-cell",
    },
    ...SIDES.map(side),
    {
      key: "cell",
      head: t("lake.head_cell"),
      show: (zone) => <span className="code">{zone.cell}</span>,
      value: (zone) => zone.cell,
    },
    {
      key: "period",
      head: t("lake.head_period"),
      show: () => null,
      value: (zone) => (zone.period_from_us === null ? null : taipei(zone.period_from_us)),
      className: "file-only",
    },
    {
      key: "lat",
      head: t("lake.head_lat"),
      show: () => null,
      value: (zone) => zone.position?.lat ?? null,
      className: "file-only",
    },
    {
      key: "lon",
      head: t("lake.head_lon"),
      show: () => null,
      value: (zone) => zone.position?.lon ?? null,
      className: "file-only",
    },
  ];
}

export function countColumns(t: TFunction, withHour: boolean): Column<Count>[] {
  const place = (c: Count) =>
    c.place_name ??
    c.cell ??
    (c.position ? `${c.position.lat.toFixed(3)}, ${c.position.lon.toFixed(3)}` : t("lake.all_cameras"));
  const hour: Column<Count> = {
    key: "hour",
    head: t("lake.head_hour"),
    show: (c) => (c.hour_us === null ? "—" : taipei(c.hour_us).slice(0, 16)),
    value: (c) => (c.hour_us === null ? null : taipei(c.hour_us)),
    className: number,
  };
  return [
    ...(withHour ? [hour] : []),
    { key: "place", head: t("lake.head_place"), show: place, value: place, className: "place-cell" },
    {
      key: "sightings",
      head: t("lake.head_sightings"),
      show: (c) => c.sightings.toLocaleString("en"),
      value: (c) => c.sightings,
      className: number,
    },
  ];
}
