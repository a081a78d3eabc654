// What a plan covers, what it leaves out and why, how the beats share it, and how it was made.

import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import type { TourPlan } from "../app/api/types.tours";
import { sayDuration } from "../app/say";
import { sayPlace, sayShare, sayWhy } from "./say";

function LeftOut({ plan }: { plan: TourPlan }) {
  const { t } = useTranslation();
  if (plan.left_out_count === 0) return null;
  const callSign = (unit: string | null) => plan.tours.find((tour) => tour.unit === unit)?.call_sign;
  return (
    <details className="not-printed" data-testid="tours-left-out">
      <summary>{t("tour.left_out", { count: plan.left_out_count })}</summary>
      <div className="wide-table">
        <Table aria-label={t("tour.left_out", { count: plan.left_out_count })}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("tour.head_place")}</Table.Th>
              <Table.Th>{t("tour.head_expected")}</Table.Th>
              <Table.Th>{t("tour.head_why_not")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {plan.left_out.map(({ place, why, unit }) => (
              <Table.Tr key={place.key}>
                <Table.Td>
                  {sayPlace(place, t)}
                  <div className="dim">{place.area}</div>
                </Table.Td>
                <Table.Td className="number">
                  {place.expected ? sayShare(place.expected.share) : "—"}
                  {place.due && <div>{t("tour.overdue", { count: place.due.overdue_h })}</div>}
                </Table.Td>
                <Table.Td>
                  {sayWhy(why, t)}
                  {callSign(unit) && <div className="dim">{callSign(unit)}</div>}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </details>
  );
}

function Areas({ plan }: { plan: TourPlan }) {
  const { t } = useTranslation();
  const heads = ["area", "visits", "standing", "standing_share", "expected"] as const;
  return (
    <details className="not-printed">
      <summary>{t("tour.areas")}</summary>
      <p className="dim">{t("tour.areas_hint")}</p>
      <div className="wide-table">
        <Table aria-label={t("tour.areas")}>
          <Table.Thead>
            <Table.Tr>
              {heads.map((head) => (
                <Table.Th key={head}>{t(`tour.head_${head}`)}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {plan.areas.map((area) => (
              <Table.Tr key={area.area}>
                <Table.Td>{area.area || "—"}</Table.Td>
                <Table.Td className="number">{area.visits}</Table.Td>
                <Table.Td className="number">{sayDuration(area.standing_s, t)}</Table.Td>
                <Table.Td className="number">{sayShare(area.standing_share)}</Table.Td>
                <Table.Td className="number">{sayShare(area.expected_share)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </details>
  );
}

export function PlanFacts({ plan }: { plan: TourPlan }) {
  const { t } = useTranslation();
  const all = plan.tours.flatMap((tour) => tour.stops);
  const done = all.filter((stop) => stop.progress.state === "done").length;
  const { counted, left_out, as_of_us } = plan.reports;
  const numbers = [
    { name: "covered", value: `${sayShare(plan.share_covered)} / ${sayShare(plan.share_known)}` },
    { name: "stops_done", value: `${done} / ${all.length}` },
    { name: "boxes", value: `${plan.boxes_planned} / ${plan.boxes_due}` },
    { name: "cap", value: sayDuration(plan.standing_cap_s, t) },
  ];
  return (
    <>
      <dl className="numbers" data-testid="tours-numbers">
        {numbers.map(({ name, value }) => (
          <div key={name}>
            <dt>{t(`tour.number_${name}`)}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      <LeftOut plan={plan} />
      <Areas plan={plan} />
      <details className="not-printed">
        <summary>{t("tour.how")}</summary>
        <ul className="tours-how">
          <li>
            {t("tour.how_reports", {
              count: counted,
              days: plan.terms.days,
              at: taipei(as_of_us).slice(0, 16),
            })}
            {left_out > 0 && ` ${t("tour.how_left_out", { count: left_out })}`}
          </li>
          <li>{t("tour.citizens_only")}</li>
          <li>{t(plan.is_by_road ? "tour.how_roads" : "tour.no_roads")}</li>
          <li>
            {t("tour.how_seed", {
              seed: plan.terms.seed,
              percent: Math.round(plan.terms.unpredictability * 100),
            })}
          </li>
          <li>{t("tour.how_took", { seconds: (plan.took_ms / 1000).toFixed(1) })}</li>
          {plan.is_cut && <li className="ink-warn">▲ {t("tour.how_cut")}</li>}
        </ul>
      </details>
    </>
  );
}
