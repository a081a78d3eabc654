// The station chief's room for tours: plans of shifts, a new one, and what became of them.

import "./tours.css";
import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useKeys } from "../app/keys";
import { PlanForm } from "./PlanForm";
import { PlanList } from "./PlanList";
import { PlanView } from "./PlanView";
import { Report } from "./Report";
import { type TourParams, useTourParams } from "./useTours";

const TABS = ["plans", "new", "report"] as const;

export default function ToursPage() {
  const { t } = useTranslation();
  const [params, change] = useTourParams();
  const tab = TABS.find((name) => name === params.tab) ?? "plans";
  const go = (next: Partial<TourParams>) => {
    // What was chosen in one tab is not chosen in the next; the station stays.
    const isOther = next.tab !== undefined && next.tab !== params.tab;
    change({ ...(isOther ? { plan: "", unit: "", stop: "" } : {}), ...next });
  };
  const open = (name: string | null) =>
    change({ tab: name && name !== "plans" ? name : "", plan: "", unit: "", stop: "" });
  useKeys({
    ...Object.fromEntries(TABS.map((name, at) => [String(at + 1), () => open(name)])),
    n: () => open("new"),
  });
  return (
    <div className="page tours-page">
      <Tabs value={tab} onChange={open} className="tours-tabs">
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`tours-${name}`}>
              {t(`tour.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "plans" &&
        (params.plan ? <PlanView params={params} go={go} /> : <PlanList params={params} go={go} />)}
      {tab === "new" && <PlanForm params={params} go={go} />}
      {tab === "report" && <Report params={params} go={go} />}
    </div>
  );
}
