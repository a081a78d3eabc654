// The station chief's room: which boxes are visited, where they stand, and what is printed on them.

import "./boxes.css";
import "./rows.css";
import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useKeys } from "../app/keys";
import { BoxImport } from "./BoxImport";
import { BoxList } from "./BoxList";
import { CheckInList } from "./CheckInList";
import { Overview } from "./Overview";
import { Sheets } from "./Sheets";
import { type BoxParams, useBoxParams } from "./useBoxes";

const TABS = ["overview", "list", "checkins", "import", "print"] as const;

export default function BoxesPage() {
  const { t } = useTranslation();
  const [params, change] = useBoxParams();
  const tab = TABS.find((name) => name === params.tab) ?? "overview";
  const go = (next: Partial<BoxParams>) => {
    // What was chosen in one tab is not chosen in the next; the station stays.
    const isOther = next.tab !== undefined && next.tab !== tab;
    change({ ...(isOther ? { box: "", view: "" } : {}), ...next });
  };
  const open = (name: string | null) => go({ tab: name && name !== "overview" ? name : "" });
  useKeys({
    ...Object.fromEntries(TABS.map((name, at) => [String(at + 1), () => open(name)])),
    p: () => open("print"),
  });
  return (
    <div className="page boxes-page" data-tab={tab}>
      <Tabs value={tab} onChange={open} className="not-printed">
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`boxes-${name}`}>
              {t(`box.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "overview" && <Overview go={go} />}
      {tab === "list" && <BoxList params={params} go={go} />}
      {tab === "checkins" && <CheckInList params={params} go={go} />}
      {tab === "import" && <BoxImport onPrint={() => open("print")} />}
      {tab === "print" && <Sheets params={params} go={go} />}
    </div>
  );
}
