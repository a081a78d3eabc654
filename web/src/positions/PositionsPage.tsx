// What says where units are, and where they were.

import "../investigate/investigate.css";
import "./positions.css";
import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useSession } from "../app/session";
import { Trackers } from "./Trackers";
import { Tracks } from "./Tracks";

const TABS = [
  { name: "trackers", needs: "positions.trackers", Panel: Trackers },
  { name: "tracks", needs: "positions.tracks", Panel: Tracks },
];

export default function PositionsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const open = TABS.filter((tab) => may(tab.needs));
  const chosen = open.find((tab) => tab.name === params.get("tab")) ?? open[0];
  if (!chosen) return null;
  return (
    <div className="page positions-page">
      <Tabs value={chosen.name} onChange={(next) => setParams(next ? { tab: next } : {})}>
        <Tabs.List>
          {open.map(({ name }) => (
            <Tabs.Tab key={name} value={name} data-testid={`positions-${name}`}>
              {t(`tracker.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <chosen.Panel />
    </div>
  );
}
