// Rosters: who crews which unit now, the days before and after, and a station's file.

import "./shifts.css";
import { Button, Table, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { taipei, taipeiDay, useNow } from "../app/age";
import { shifts as calls } from "../app/api/calls.shifts";
import type { Shift } from "../app/api/types.shifts";
import { DispatchNav } from "../app/DispatchNav";
import { useKeys } from "../app/keys";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { WideTable } from "../app/WideTable";
import { hour } from "./CrewSigns";
import { dayAround } from "./roster";
import { ShiftForm } from "./ShiftForm";
import { ShiftImport } from "./ShiftImport";
import { useShiftBoard } from "./useShiftBoard";

const TABS = ["now", "days", "import"] as const;

function Board() {
  const { t } = useTranslation();
  const board = useShiftBoard();
  return (
    <Answer query={board}>
      {({ crews }) =>
        crews.length === 0 ? (
          <Empty title={t("shift.none_now")} hint={t("shift.none_now_hint")} />
        ) : (
          <WideTable label={t("shift.tab_now")}>
            <Table data-testid="shift-board">
              <Table.Thead>
                <Table.Tr>
                  {["unit", "past_end", "state", "on", "next"].map((head) => (
                    <Table.Th key={head}>{t(`shift.${head}`)}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {crews.map((crew) => (
                  <Table.Tr key={crew.unit} data-testid="shift-crew" data-unit={crew.call_sign}>
                    <Table.Td>
                      <strong>{crew.call_sign}</strong>
                    </Table.Td>
                    <Table.Td className={crew.past_end.length > 0 ? "ink-warn" : undefined}>
                      {crew.past_end.length === 0
                        ? "—"
                        : `▲ ${crew.past_end
                            .map((shift) =>
                              t("shift.until", { name: shift.name, time: hour(shift, "until_us") }),
                            )
                            .join(t("app.list_joiner"))}`}
                    </Table.Td>
                    <Table.Td>{t(`unit_state.${crew.state}`)}</Table.Td>
                    <Table.Td>
                      {crew.on.map((shift) => (
                        <span key={shift.id} className="crew-member">
                          {shift.joined_at_us === null ? "○" : "●"} {shift.name}{" "}
                          <span className="dim">
                            {t("shift.to", { time: hour(shift, "until_us") })}
                            {shift.joined_at_us === null && ` · ${t("shift.not_joined")}`}
                          </span>
                        </span>
                      ))}
                    </Table.Td>
                    <Table.Td>{crew.next ? `${hour(crew.next, "from_us")} ${crew.next.name}` : "—"}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
        )
      }
    </Answer>
  );
}

function Days({ mayPlan }: { mayPlan: boolean }) {
  const { t } = useTranslation();
  const [days, setDays] = useState(0);
  const [editing, setEditing] = useState<Shift | "new" | null>(null);
  const today = Math.floor(useNow() / 60_000) * 60_000_000;
  const { from_us, until_us } = dayAround(today, days);
  const query = useQuery({
    queryKey: ["shifts", from_us],
    queryFn: async () => (await calls.list(from_us, until_us)).items,
  });
  useKeys({ "[": () => setDays(days - 1), "]": () => setDays(days + 1) });
  return (
    <>
      <div className="shift-day">
        <Button variant="default" onClick={() => setDays(days - 1)} aria-label={t("shift.day_before")}>
          ‹
        </Button>
        <h2 className="number" data-testid="shift-day">
          {taipeiDay(from_us)}
        </h2>
        <Button variant="default" onClick={() => setDays(days + 1)} aria-label={t("shift.day_after")}>
          ›
        </Button>
        <span className="grow" />
        {mayPlan && (
          <Button onClick={() => setEditing("new")} data-testid="shift-add">
            {t("shift.add")}
          </Button>
        )}
      </div>
      {editing && (
        <ShiftForm
          key={editing === "new" ? "new" : editing.id}
          shift={editing === "new" ? null : editing}
          day_us={from_us}
          onEnd={() => setEditing(null)}
        />
      )}
      <Answer query={query}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={t("shift.none_day")} />
          ) : (
            <WideTable label={t("shift.tab_days")}>
              <Table data-testid="shift-list">
                <Table.Thead>
                  <Table.Tr>
                    {["unit", "name", "from", "until_head", "joined", ...(mayPlan ? ["act"] : [])].map(
                      (head) => (
                        <Table.Th key={head}>{t(`shift.${head}`)}</Table.Th>
                      ),
                    )}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((shift) => (
                    <Table.Tr key={shift.id} data-testid="shift-row" data-name={shift.name}>
                      <Table.Td>{shift.call_sign}</Table.Td>
                      <Table.Td>{shift.name}</Table.Td>
                      <Table.Td className="number">{taipei(shift.from_us).slice(0, 16)}</Table.Td>
                      <Table.Td className="number">{taipei(shift.until_us).slice(0, 16)}</Table.Td>
                      <Table.Td className="number">
                        {shift.joined_at_us === null ? "—" : taipei(shift.joined_at_us).slice(11, 16)}
                      </Table.Td>
                      {mayPlan && (
                        <Table.Td>
                          <Button size="xs" variant="default" onClick={() => setEditing(shift)}>
                            {t("shift.edit")}
                            <span className="unseen"> {shift.name}</span>
                          </Button>
                        </Table.Td>
                      )}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </WideTable>
          )
        }
      </Answer>
    </>
  );
}

export default function ShiftsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const mayPlan = may("shifts.plan");
  const tabs = TABS.filter((name) => name !== "import" || mayPlan);
  const tab = tabs.find((name) => name === params.get("tab")) ?? "now";
  const open = (name: string | null) => setParams(name && name !== "now" ? { tab: name } : {});
  useKeys(Object.fromEntries(tabs.map((name, at) => [String(at + 1), () => open(name)])));
  return (
    <div className="page">
      <DispatchNav />
      <Tabs value={tab} onChange={open}>
        <Tabs.List>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`shifts-${name}`}>
              {t(`shift.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "now" && <Board />}
      {tab === "days" && <Days mayPlan={mayPlan} />}
      {tab === "import" && <ShiftImport />}
    </div>
  );
}
