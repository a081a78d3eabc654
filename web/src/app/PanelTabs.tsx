// A page of panels: one tab for each that this person may open, the chosen one in the address.

import { Tabs } from "@mantine/core";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useSession } from "./session";

export interface PanelTab {
  name: string;
  /** The permission without which the tab is not there. */
  needs: string;
  Panel: ComponentType;
}

/** `page` begins the tests' names, `texts` the translations of the tabs (`<texts>.tab_<name>`). */
export function PanelTabs({ tabs, page, texts, intro, className }: PanelTabsProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const open = tabs.filter((tab) => may(tab.needs));
  const chosen = open.find((tab) => tab.name === params.get("tab")) ?? open[0];
  if (!chosen) return null;
  return (
    <div className={className ? `page ${className}` : "page"}>
      {intro && <p className="dim">{t(intro)}</p>}
      <Tabs value={chosen.name} onChange={(next) => setParams(next ? { tab: next } : {})}>
        <Tabs.List>
          {open.map(({ name }) => (
            <Tabs.Tab key={name} value={name} data-testid={`${page}-${name}`}>
              {t(`${texts}.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <chosen.Panel />
    </div>
  );
}

interface PanelTabsProps {
  tabs: PanelTab[];
  page: string;
  texts: string;
  /** The key of what stands above the tabs. */
  intro?: string;
  className?: string;
}
