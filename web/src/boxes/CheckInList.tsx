// Who was where, newest first, and what is odd about it.

import { Button, Select, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { taipei } from "../app/age";
import { patrol } from "../app/api/calls.patrol";
import type { CheckIn } from "../app/api/types.patrol";
import { Icon } from "../app/icons";
import { MoreButton } from "../app/MoreButton";
import { Answer, Empty } from "../app/states";
import { saveCheckIns } from "./boxesCsv";
import { StationSelect } from "./StationSelect";
import type { BoxParams } from "./useBoxes";

interface Props {
  params: BoxParams;
  go: (next: Partial<BoxParams>) => void;
}

const HEADS = ["measured", "name", "by", "method", "distance", "doubts"] as const;

function Row({ one, onBox }: { one: CheckIn; onBox: () => void }) {
  const { t } = useTranslation();
  return (
    <Table.Tr data-testid="check-in-row" data-doubtful={one.doubts.length > 0}>
      <Table.Td>
        <Age at={one.measured_at_us} />
        <div className="dim number">{taipei(one.measured_at_us).slice(0, 16)}</div>
      </Table.Td>
      <Table.Td>
        <button type="button" className="plain-link" onClick={onBox}>
          <span className="code">{one.number}</span> {one.name}
        </button>
        <div className="dim">{one.station}</div>
      </Table.Td>
      <Table.Td>{one.by_name}</Table.Td>
      <Table.Td>{t(`box.carries_${one.method}`)}</Table.Td>
      <Table.Td className="number">
        {one.distance_m === null ? "—" : t("say.metres", { count: Math.round(one.distance_m) })}
      </Table.Td>
      <Table.Td>
        {one.doubts.length === 0 ? (
          <span className="dim">{t("app.none")}</span>
        ) : (
          <div className="tags">
            {one.doubts.map((doubt) => (
              <span
                key={doubt}
                className="tag tag-warn"
                title={t(`checkin.doubt_${doubt}`, { defaultValue: doubt })}
              >
                ▲ {t(`box.doubt_${doubt}`, { defaultValue: doubt })}
              </span>
            ))}
          </div>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

export function CheckInList({ params, go }: Props) {
  const { t } = useTranslation();
  const { station, doubtful } = params;
  const query = useInfiniteQuery({
    queryKey: ["patrol-check-ins", station, doubtful],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => patrol.checkIns(station, doubtful, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <div className="filters">
        <StationSelect
          value={station}
          onChange={(next) => go({ station: next })}
          testId="check-ins-station"
        />
        <Select
          label={t("box.doubts")}
          placeholder={t("box.doubts_any")}
          data={[
            { value: "true", label: t("box.doubts_only") },
            { value: "false", label: t("box.doubts_without") },
          ]}
          value={doubtful || null}
          onChange={(next) => go({ doubtful: next ?? "" })}
          clearable
          data-testid="check-ins-doubtful"
        />
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          disabled={rows.length === 0}
          onClick={() => saveCheckIns(rows, t)}
          data-testid="check-ins-csv"
        >
          {t("box.csv")}
        </Button>
      </div>
      <Answer query={query}>
        {() =>
          rows.length === 0 ? (
            <Empty title={t("box.check_ins_none")} hint={t("box.check_ins_none_hint")} />
          ) : (
            <div className="wide-table check-ins-table">
              <Table stickyHeader highlightOnHover aria-label={t("box.tab_checkins")}>
                <Table.Thead>
                  <Table.Tr>
                    {HEADS.map((head) => (
                      <Table.Th key={head}>{t(`box.csv_${head}`)}</Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((one) => (
                    <Row
                      key={one.id}
                      one={one}
                      onBox={() => go({ tab: "list", q: one.number, state: "", box: one.box })}
                    />
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
