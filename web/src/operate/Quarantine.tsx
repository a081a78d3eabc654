import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { sightings } from "../app/api/calls";
import { LEFT_ASIDE, type LeftAside } from "../app/api/types.reasons";
import { MoreButton } from "../app/MoreButton";
import { ReasonSelect } from "../app/ReasonSelect";
import { useAct } from "../app/useAct";
import { Roster } from "./Roster";

export function Quarantine() {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["quarantine"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => sightings.quarantine(pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  const dismiss = useAct("quarantine", ({ id, reason }: { id: string; reason: LeftAside }) =>
    sightings.dismiss(id, reason),
  );
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  return (
    <>
      <p className="dim">{t("quarantine.intro")}</p>
      <Roster
        query={{ ...query, data: rows }}
        act={dismiss}
        empty={{ title: t("quarantine.none"), hint: t("quarantine.none_hint") }}
        idOf={(one) => one.id}
        rowTestId="quarantine-row"
        columns={[
          { key: "device", head: t("quarantine.head_device"), show: (one) => one.device_name },
          {
            key: "sequence",
            head: t("quarantine.head_sequence"),
            show: (one) => one.sequence ?? "—",
            className: "number",
          },
          {
            key: "plate",
            head: t("quarantine.head_plate"),
            show: (one) => one.plate_text || "—",
            className: "code",
          },
          {
            key: "reason",
            head: t("quarantine.head_reason"),
            show: (one) => (
              <>
                {t(`errors.${one.reason}`, { defaultValue: one.detail })}
                <div className="dim code">{one.reason}</div>
              </>
            ),
          },
          {
            key: "when",
            head: t("quarantine.head_when"),
            show: (one) => <Age at={one.received_at_us} />,
          },
          {
            key: "act",
            head: t("quarantine.head_act"),
            show: (one) => (
              <ReasonSelect
                asked="set_aside"
                size="xs"
                aria-label={t("quarantine.dismiss_of", {
                  device: one.device_name,
                  sequence: one.sequence ?? "—",
                })}
                placeholder={t("quarantine.dismiss")}
                codes={LEFT_ASIDE}
                value={null}
                disabled={dismiss.isPending && dismiss.variables.id === one.id}
                onChange={(reason) => reason && dismiss.mutate({ id: one.id, reason })}
                testId="quarantine-reason"
              />
            ),
          },
        ]}
      >
        <MoreButton query={query} />
      </Roster>
    </>
  );
}
