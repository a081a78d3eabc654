// What says where units are, and where they were.

import "../investigate/investigate.css";
import "./positions.css";
import { PanelTabs } from "../app/PanelTabs";
import { Trackers } from "./Trackers";
import { Tracks } from "./Tracks";

const TABS = [
  { name: "trackers", needs: "positions.trackers", Panel: Trackers },
  { name: "tracks", needs: "positions.tracks", Panel: Tracks },
];

export default function PositionsPage() {
  return <PanelTabs tabs={TABS} page="positions" texts="tracker" className="positions-page" />;
}
