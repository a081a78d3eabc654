// Plans, newest first; none is ever lost.

import { Button, Select, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { PLAN_STATES } from "../app/api/types.tours";
import { MoreButton } from "../app/MoreButton";
import { Answer, Empty } from "../app/states";
import { StationSelect } from "../boxes/StationSelect";
import { PlanStateTag } from "./PlanStateTag";
import { clock } from "./say";
import { type TourParams, usePlans } from "./useTours";

interface Props {
  params: TourParams;
  go: (next: Partial<TourParams>) => void;
}

const HEADS = ["shift", "station", "units", "stops", "state", "made_by"] as const;

export function PlanList({ params, go }: Props) {
  const { t } = useTranslation();
  const query = usePlans(params.station, params.state);
  const lines = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <div className="filters">
        <StationSelect
          value={params.station}
          onChange={(station) => go({ station })}
          testId="tours-station"
        />
        <Select
          label={t("tour.head_state")}
          placeholder={t("tour.any_state")}
          data={PLAN_STATES.map((value) => ({ value, label: t(`tour.state_${value}`) }))}
          value={params.state || null}
          onChange={(next) => go({ state: next ?? "" })}
          clearable
          data-testid="tours-state"
        />
        <Button onClick={() => go({ tab: "new" })} data-testid="tours-start">
          {t("tour.make")}
        </Button>
      </div>
      <Answer query={query}>
        {() =>
          lines.length === 0 ? (
            <Empty title={t("tour.none")} hint={t("tour.none_hint")} />
          ) : (
            <div className="wide-table tours-list">
              <Table stickyHeader highlightOnHover aria-label={t("tour.tab_plans")}>
                <Table.Thead>
                  <Table.Tr>
                    {HEADS.map((head) => (
                      <Table.Th key={head}>{t(`tour.head_${head}`)}</Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {lines.map((line) => (
                    <Table.Tr
                      key={line.id}
                      onClick={() => go({ plan: line.id })}
                      data-testid="tour-plan-row"
                      data-state={line.state}
                    >
                      <Table.Td>
                        <button type="button" className="plain-link number">
                          {taipei(line.from_us).slice(0, 16)}–{clock(line.to_us)}
                        </button>
                      </Table.Td>
                      <Table.Td>{line.station || t("tour.whole_city")}</Table.Td>
                      <Table.Td>{line.call_signs.join(t("app.list_joiner"))}</Table.Td>
                      <Table.Td className="number">{line.stops}</Table.Td>
                      <Table.Td>
                        <PlanStateTag state={line.state} />
                      </Table.Td>
                      <Table.Td>
                        {line.created_by_name}
                        {line.retask && (
                          <div data-testid="tour-plan-retask">
                            {t("tour.retask_line", {
                              unit: line.retask.call_sign,
                              number: line.retask.incident_number,
                            })}
                          </div>
                        )}
                        <div className="dim number">{taipei(line.created_at_us).slice(0, 16)}</div>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              <MoreButton query={query} />
            </div>
          )
        }
      </Answer>
    </>
  );
}
