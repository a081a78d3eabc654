// How the stations stand: what is visited, what is not, and where to look.

import { Button, Table } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BoxState, PatrolSummary, StationSummary } from "../app/api/types.patrol";
import { sayProbability } from "../app/say";
import { Answer, Empty } from "../app/states";
import { csvText, fileName, saveFile } from "../investigate/csv";
import {
  nextOrder,
  ordered,
  STATION_COLUMNS,
  type StationColumn,
  shareOnTime,
  WORST_FIRST,
} from "./stations";
import { type BoxParams, useSummary } from "./useBoxes";

type Go = (next: Partial<BoxParams>) => void;

const LOUD: Partial<Record<StationColumn, string>> = { late: "ink-warn", missed: "ink-alarm" };

function Numbers({ summary, go }: { summary: PatrolSummary; go: Go }) {
  const { t } = useTranslation();
  const state = (name: Exclude<BoxState, "retired">, sign: string, className: string) => ({
    key: name,
    label: `${sign} ${t(`box.state_${name}`)}`,
    count: summary[name],
    className,
    act: () => go({ tab: "list", state: name, station: "", q: "" }),
  });
  const boxes = [
    {
      key: "boxes",
      label: t("box.boxes"),
      count: summary.boxes,
      className: "",
      act: () => go({ tab: "list", state: "", station: "", q: "" }),
    },
    state("on_time", "✓", ""),
    state("late", "◇", "ink-warn"),
    state("missed", "◆", "ink-alarm"),
    state("never", "?", ""),
    {
      key: "check_ins",
      label: t("box.check_ins_24h"),
      count: summary.check_ins_24h,
      className: "",
      act: () => go({ tab: "checkins", doubtful: "" }),
    },
    {
      key: "doubtful",
      label: t("box.doubtful_24h"),
      count: summary.doubtful_24h,
      className: "ink-warn",
      act: () => go({ tab: "checkins", doubtful: "true" }),
    },
    { key: "refused", label: t("box.refused_24h"), count: summary.refused_24h, className: "", act: null },
  ];
  return (
    <dl className="numbers box-numbers" data-testid="boxes-summary">
      {boxes.map(({ key, label, count, className, act }) => (
        <div key={key} data-testid={`summary-${key}`} className={count > 0 ? className : undefined}>
          <dt>{label}</dt>
          <dd className="number">
            {act ? (
              <button type="button" className="plain-link" onClick={act}>
                {count.toLocaleString("en")}
                <span className="unseen"> {t("box.show_these")}</span>
              </button>
            ) : (
              count.toLocaleString("en")
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Stations({ rows, go }: { rows: StationSummary[]; go: Go }) {
  const { t } = useTranslation();
  const [order, setOrder] = useState(WORST_FIRST);
  const shown = ordered(rows, order);
  const cellOf = (row: StationSummary, column: StationColumn): string => {
    if (column === "station") return row.station;
    if (column !== "share") return row[column].toLocaleString("en");
    const share = shareOnTime(row);
    return share === null ? "—" : sayProbability(share);
  };
  const heads = STATION_COLUMNS.map((column) => t(`box.head_${column}`));
  const save = () => {
    const lines = shown.map((row) => STATION_COLUMNS.map((column) => cellOf(row, column).replace(/,/g, "")));
    saveFile(fileName("stations"), csvText(heads, lines));
  };
  return (
    <>
      <div className="boxes-head">
        <h2 className="section-title">{t("box.stations")}</h2>
        <Button size="xs" variant="default" onClick={save}>
          {t("box.csv")}
        </Button>
      </div>
      <div className="wide-table stations-table">
        <Table highlightOnHover aria-label={t("box.stations")}>
          <Table.Thead>
            <Table.Tr>
              {STATION_COLUMNS.map((column) => {
                const isBy = order.by === column;
                return (
                  <Table.Th
                    key={column}
                    aria-sort={isBy ? (order.isDown ? "descending" : "ascending") : "none"}
                    className={column === "station" ? undefined : "number-cell"}
                  >
                    <button
                      type="button"
                      className="sort-button"
                      onClick={() => setOrder(nextOrder(order, column))}
                    >
                      {t(`box.head_${column}`)}
                      <span aria-hidden="true" className="sort-sign">
                        {isBy ? (order.isDown ? "▾" : "▴") : "↕"}
                      </span>
                    </button>
                  </Table.Th>
                );
              })}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((row) => (
              <Table.Tr key={row.station} data-testid="station-row" data-station={row.station}>
                {STATION_COLUMNS.map((column) =>
                  column === "station" ? (
                    <Table.Td key={column}>
                      <button
                        type="button"
                        className="plain-link"
                        onClick={() => go({ tab: "list", station: row.station, state: "", q: "" })}
                      >
                        {row.station || t("box.no_station")}
                      </button>
                    </Table.Td>
                  ) : (
                    <Table.Td
                      key={column}
                      className={`number number-cell ${column !== "share" && row[column] > 0 ? (LOUD[column] ?? "") : ""}`}
                    >
                      {cellOf(row, column)}
                    </Table.Td>
                  ),
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </>
  );
}

export function Overview({ go }: { go: Go }) {
  const { t } = useTranslation();
  const summary = useSummary();
  return (
    <Answer query={summary}>
      {(data) =>
        data.boxes === 0 ? (
          <Empty title={t("box.none")} hint={t("box.none_hint")}>
            <Button mt="sm" onClick={() => go({ tab: "import" })}>
              {t("box.tab_import")}
            </Button>
          </Empty>
        ) : (
          <>
            <Numbers summary={data} go={go} />
            <Stations rows={data.stations} go={go} />
          </>
        )
      }
    </Answer>
  );
}
