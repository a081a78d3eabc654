import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { operations } from "../app/api/calls";
import { sayDuration } from "../app/say";
import { Answer } from "../app/states";
import "./operate.css";

export function Health() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["health"], queryFn: operations.health, refetchInterval: 10_000 });
  return (
    <Answer query={query}>
      {(health) => {
        const ill = health.modules.filter((m) => !m.is_healthy);
        return (
          <section className="panel">
            <h2 className={`health-title ${ill.length > 0 ? "ink-warn" : ""}`}>
              {ill.length === 0
                ? `✓ ${t("operate.all_well")}`
                : `▲ ${t("operate.not_well", { count: ill.length })}`}
            </h2>
            <p className="dim">
              Shouhu {health.version}
              {health.uptime_s !== undefined &&
                ` · ${t("operate.up", { time: sayDuration(health.uptime_s, t) })}`}
            </p>
            <ul className="modules">
              {[...ill, ...health.modules.filter((m) => m.is_healthy)].map((module) => (
                <li key={module.name} data-ill={!module.is_healthy || undefined}>
                  <span aria-hidden="true">{module.is_healthy ? "✓" : "▲"}</span>
                  <strong>{t(`operate.module_${module.name}`, { defaultValue: module.name })}</strong>
                  <span>{module.is_healthy && !module.detail ? t("operate.well") : module.detail}</span>
                </li>
              ))}
            </ul>
          </section>
        );
      }}
    </Answer>
  );
}
