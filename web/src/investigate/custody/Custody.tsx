// What must stay, what must go, and proof of both.

import { useSession } from "../../app/session";
import { Erase } from "./Erase";
import { Holds } from "./Holds";
import { RetentionPanel } from "./RetentionPanel";

export const CUSTODY_NEEDS = ["sightings.hold", "sightings.erase", "sightings.retention"];

export function Custody() {
  const { may } = useSession();
  return (
    <div className="custody">
      {may("sightings.hold") && <Holds />}
      {may("sightings.retention") && <RetentionPanel />}
      {may("sightings.erase") && <Erase />}
    </div>
  );
}
