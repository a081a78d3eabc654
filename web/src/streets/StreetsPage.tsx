// The station chief's room for what patrols covered: streets now, and reports by week or month.

import "./streets.css";
import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useKeys } from "../app/keys";
import { Coverage } from "./Coverage";
import { Report } from "./Report";
import { useStreetParams } from "./useStreets";

const TABS = ["coverage", "report"] as const;

export default function StreetsPage() {
  const { t } = useTranslation();
  const [params, go] = useStreetParams();
  const tab = TABS.find((name) => name === params.tab) ?? "coverage";
  const open = (name: string | null) => go({ tab: name && name !== "coverage" ? name : "" });
  useKeys(Object.fromEntries(TABS.map((name, at) => [String(at + 1), () => open(name)])));
  return (
    <div className="page streets-page" data-tab={tab}>
      <Tabs value={tab} onChange={open} className="not-printed">
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`streets-${name}`}>
              {t(`street.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "coverage" && <Coverage params={params} go={go} />}
      {tab === "report" && <Report params={params} go={go} />}
    </div>
  );
}
