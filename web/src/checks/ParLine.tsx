// The clock of each crew on scene of one incident, and a dispatcher's word about it.

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { taipeiTime } from "../app/age";
import { checks as calls } from "../app/api/calls.shifts";
import type { Id } from "../app/api/types";
import { sayDuration } from "../app/say";
import { Failure } from "../app/states";

export function ParLine({ id, mayOrder }: { id: Id; mayOrder: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["par", id],
    queryFn: () => calls.par(id),
    refetchInterval: 30_000,
  });
  const act = useMutation({
    mutationFn: (wanted: "on" | "off" | "now") => calls.setPar(id, wanted),
    onSuccess: (told) => {
      client.setQueryData(["par", id], told);
      void client.invalidateQueries({ queryKey: ["incidents", "log", id] });
    },
  });
  const told = query.data;
  if (!told) return query.error ? <Failure error={query.error} /> : null;
  return (
    <section className="par" data-testid="par" data-on={told.is_on || undefined}>
      <h3 className="section-title">{t("check.title")}</h3>
      <p className="dim">
        {told.is_on ? t("par.on", { time: sayDuration(told.every_s, t) }) : t("par.off")}
        {told.is_by_policy && ` · ${t("par.by_policy")}`}
      </p>
      {told.crews.length === 0 ? (
        <p className="dim">{t("par.nobody")}</p>
      ) : (
        <ul className="par-crews">
          {told.crews.map((crew) => (
            <li key={crew.unit} data-testid="par-crew" data-unit={crew.call_sign}>
              <strong>{crew.call_sign}</strong>{" "}
              {crew.check_state
                ? t(`check.state_${crew.check_state}`)
                : crew.next_at_us
                  ? t("par.next", { time: taipeiTime(crew.next_at_us).slice(0, 5) })
                  : t("par.none")}
              {crew.sign_at_us && (
                <span className="dim">
                  {" "}
                  · {t("par.sign", { time: taipeiTime(crew.sign_at_us).slice(0, 5) })}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayOrder && (
        <div className="acts">
          <Button
            size="sm"
            variant="default"
            disabled={told.crews.length === 0}
            loading={act.isPending && act.variables === "now"}
            onClick={() => act.mutate("now")}
            data-testid="par-now"
          >
            {t("par.ask_now")}
          </Button>
          <Button
            size="sm"
            variant="subtle"
            color="gray"
            loading={act.isPending && act.variables !== "now"}
            onClick={() => act.mutate(told.is_on ? "off" : "on")}
            data-testid="par-switch"
          >
            {t(told.is_on ? "par.switch_off" : "par.switch_on")}
          </Button>
        </div>
      )}
      {act.error && <Failure error={act.error} />}
    </section>
  );
}
