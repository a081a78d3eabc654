import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { operations } from "../app/api/calls";
import { sayDuration } from "../app/say";
import { Answer } from "../app/states";
import { type Module, sorted } from "./health";
import "./operate.css";

function Line({ module }: { module: Module }) {
  const { t } = useTranslation();
  const isOdd = module.state !== "well";
  return (
    <li data-state={module.state}>
      <span aria-hidden="true">{isOdd ? "▲" : "✓"}</span>
      <strong>
        {t(`operate.module_${module.name}`, { defaultValue: module.name })}
        {module.state === "attention" && <span className="tag tag-warn">{t("operate.attention")}</span>}
      </strong>
      <span>{module.detail || t("operate.well")}</span>
    </li>
  );
}

export function Health() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["health"], queryFn: operations.health, refetchInterval: 10_000 });
  return (
    <Answer query={query}>
      {(health) => {
        const modules = sorted(health.modules);
        const count = (state: Module["state"]) => modules.filter((one) => one.state === state).length;
        const [ill, odd] = [count("ill"), count("attention")];
        return (
          <section className="panel">
            <h2 className={`health-title ${ill + odd > 0 ? "ink-warn" : ""}`} data-testid="health-title">
              {ill > 0
                ? `▲ ${t("operate.not_well", { count: ill })}`
                : odd > 0
                  ? `▲ ${t("operate.to_look_at", { count: odd })}`
                  : `✓ ${t("operate.all_well")}`}
            </h2>
            <p className="dim">
              Shouhu {health.version}
              {health.uptime_s !== undefined &&
                ` · ${t("operate.up", { time: sayDuration(health.uptime_s, t) })}`}
            </p>
            <ul className="modules">
              {modules.map((module) => (
                <Line key={module.name} module={module} />
              ))}
            </ul>
          </section>
        );
      }}
    </Answer>
  );
}
