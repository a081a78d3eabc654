// What the console's map shows, each overlay made anew only when something of its own has changed: the map takes a new array for new
// work, and a map that is drawn anew for each tick of a clock costs the machine on which somebody waits for a cry for help.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Camera, Hit, Incident, Unit, Wgs84 } from "../app/api/types";
import type { CallerView } from "../app/api/types.caller";
import type { AdviceBoard, Panic } from "../app/api/types.choice";
import type { NearCamera } from "../app/api/types.desk";
import type { PlaceCandidate } from "../app/api/types.places";
import type { Warning } from "../app/api/types.warnings";
import type { Closure } from "../app/api/types.way";
import { positions } from "../app/positions";
import { useKindTitle } from "../app/queries";
import { callerFeatures } from "../map/callerFeatures";
import { coverFeatures, moveFeatures, panicFeatures } from "../map/choiceFeatures";
import {
  cameraFeatures,
  choiceFeatures,
  hitFeatures,
  incidentFeatures,
  nearCameraFeatures,
  pointFeature,
  unitFeatures,
} from "../map/features";
import { ringFeatures } from "../map/ringFeatures";
import { warningFeatures } from "../map/warningFeatures";
import { closureFeatures } from "../map/wayFeatures";

interface Shown {
  units: Unit[] | undefined;
  hits: Hit[] | undefined;
  incidents: Incident[] | undefined;
  cameras: Camera[] | undefined;
  advice: AdviceBoard | undefined;
  warnings: Warning[];
  panics: Panic[];
  closures: Closure[];
  /** What is being drawn to close. */
  drawn: Wgs84[] | null;
  isCover: boolean;
  isMoves: boolean;
  plan: Parameters<typeof ringFeatures>[0];
  /** Where the wanted vehicle was seen. */
  seenPlace: Wgs84 | null;
  choices: PlaceCandidate[];
  near: NearCamera[];
  /** Those that are looked at beside the map. */
  callers: CallerView[];
  /** Where a call that is being taken stands. */
  pin: Wgs84 | null;
  /** Lags behind the clock: positions grow old without any event. */
  now_ms: number;
}

const NO_UNITS: Unit[] = [];

export function useOverlays(of: Shown) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const { advice, panics, warnings, closures, drawn, plan, seenPlace, choices, near, callers, pin, now_ms } =
    of;
  const all = of.units ?? NO_UNITS;
  const units = useMemo(
    () =>
      unitFeatures(
        all.map((unit) => positions.freshest(unit)),
        now_ms,
        t,
      ),
    [all, now_ms, t],
  );
  const hits = useMemo(() => {
    const waits = (hit: Hit) => hit.state === "raised" || (hit.state === "confirmed" && !hit.incident);
    return hitFeatures((of.hits ?? []).filter(waits));
  }, [of.hits]);
  const incidents = useMemo(() => incidentFeatures(of.incidents ?? [], kindTitle), [of.incidents, kindTitle]);
  const cameras = useMemo(() => cameraFeatures(of.cameras ?? []), [of.cameras]);
  const areas = useMemo(() => warningFeatures(warnings, null), [warnings]);
  const closed = useMemo(
    () => closureFeatures(closures, drawn ?? [], t("closure.on_map")),
    [closures, drawn, t],
  );
  const cells = of.isCover ? advice?.cover?.cells : undefined;
  const moves = of.isMoves ? advice?.moves : undefined;
  const cover = useMemo(
    () => [...coverFeatures(cells ?? []), ...moveFeatures(moves ?? [], all, t)],
    [cells, moves, all, t],
  );
  const panic = useMemo(() => panicFeatures(panics, all, t), [panics, all, t]);
  const ring = useMemo(() => ringFeatures(plan, seenPlace, all, t), [plan, seenPlace, all, t]);
  const caller = useMemo(() => callerFeatures(callers, now_ms, t), [callers, now_ms, t]);
  const pins = useMemo(
    () => [
      ...choiceFeatures(choices),
      ...nearCameraFeatures(near),
      ...(pin ? [pointFeature("pin", pin, { icon: "pin.call", sort: 99 })] : []),
    ],
    [choices, near, pin],
  );
  return { units, hits, incidents, cameras, areas, closures: closed, cover, panic, ring, caller, pin: pins };
}
