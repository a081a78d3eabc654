// The machine room: what runs, what stands still, and who and what may take part.

import { PanelTabs } from "../app/PanelTabs";
import { Cameras } from "./Cameras";
import { Codes } from "./Codes";
import { Devices } from "./Devices";
import { CallSources } from "./exchange/CallSources";
import { Partners } from "./exchange/Partners";
import { Webhooks } from "./exchange/Webhooks";
import { Feeds } from "./feeds/Feeds";
import { Health } from "./Health";
import { Jobs } from "./Jobs";
import { Kinds } from "./Kinds";
import { MapImport } from "./MapImport";
import { People } from "./People";
import { Quarantine } from "./Quarantine";
import { Register } from "./Register";
import { Trust } from "./Trust";
import { Units } from "./Units";

const TABS = [
  { name: "health", needs: "operations.watch", Panel: Health },
  { name: "devices", needs: "devices.read", Panel: Devices },
  { name: "trust", needs: "trust.watch", Panel: Trust },
  { name: "cameras", needs: "cameras.read", Panel: Cameras },
  { name: "register", needs: "cameras.read", Panel: Register },
  { name: "feeds", needs: "sightings.feeds", Panel: Feeds },
  { name: "units", needs: "units.manage", Panel: Units },
  { name: "people", needs: "actors.read", Panel: People },
  { name: "jobs", needs: "operations.watch", Panel: Jobs },
  { name: "quarantine", needs: "sightings.quarantine", Panel: Quarantine },
  { name: "webhooks", needs: "webhooks.manage", Panel: Webhooks },
  { name: "partners", needs: "partners.manage", Panel: Partners },
  { name: "calls", needs: "partners.manage", Panel: CallSources },
  { name: "kinds", needs: "kinds.manage", Panel: Kinds },
  { name: "codes", needs: "codes.manage", Panel: Codes },
  { name: "map", needs: "map.import", Panel: MapImport },
];

export default function OperatePage() {
  return <PanelTabs tabs={TABS} page="operate" texts="operate" />;
}
