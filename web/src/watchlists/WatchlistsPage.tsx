// Who is wanted, on which ground, until when, and which two people said so.

import "./watchlists.css";
import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useSession } from "../app/session";
import { EntryList } from "./EntryList";
import { ImportPanel } from "./ImportPanel";
import { ProposeForm } from "./ProposeForm";

export default function WatchlistsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const tabs = ["entries", ...(may("watchlists.propose") ? ["propose", "import"] : [])];
  const tab = tabs.find((name) => name === params.get("tab")) ?? "entries";
  const open = (next: string | null) => setParams(next && next !== "entries" ? { tab: next } : {});
  return (
    <div className="page">
      <Tabs value={tab} onChange={open}>
        <Tabs.List>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`watchlists-${name}`}>
              {t(`watch.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "entries" && <EntryList />}
      {tab === "propose" && <ProposeForm onDone={() => open("entries")} />}
      {tab === "import" && <ImportPanel />}
    </div>
  );
}
