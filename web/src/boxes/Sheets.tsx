// Sheets of codes for a station's boxes: what is seen here is what the printer gets.

import { Button, NumberInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipeiDay } from "../app/age";
import { patrol } from "../app/api/calls.patrol";
import { Icon } from "../app/icons";
import { Answer, Empty } from "../app/states";
import { Sheet } from "./Sheet";
import { StationSelect } from "./StationSelect";
import { PER_SHEET, sheetsOf } from "./sheets";
import type { BoxParams } from "./useBoxes";

interface Props {
  params: BoxParams;
  go: (next: Partial<BoxParams>) => void;
}

export function Sheets({ params, go }: Props) {
  const { t } = useTranslation();
  const { station, box } = params;
  const [skipped, setSkipped] = useState(0);
  const query = useQuery({
    queryKey: ["patrol-codes", station],
    enabled: station !== "" || box !== "",
    queryFn: ({ signal }) => patrol.codes(station, signal),
    // Nothing old is ever printed: a code may have been reissued a minute ago.
    staleTime: 0,
    gcTime: 0,
  });
  const all = query.data?.items;
  const codes = useMemo(() => (box ? (all ?? []).filter((one) => one.id === box) : (all ?? [])), [all, box]);
  const sheets = useMemo(() => sheetsOf(codes, skipped), [codes, skipped]);
  const day = taipeiDay(Date.now() * 1000);
  return (
    <div className="sheets-room">
      <div className="filters not-printed">
        <StationSelect
          value={station}
          onChange={(next) => go({ station: next, box: "" })}
          testId="sheets-station"
        />
        <NumberInput
          label={t("box.sheet_start")}
          min={1}
          max={PER_SHEET}
          value={skipped + 1}
          onChange={(value) => setSkipped(typeof value === "number" ? Math.max(value, 1) - 1 : 0)}
          className="sheet-start"
        />
        {box && (
          <Button variant="default" onClick={() => go({ box: "" })}>
            {t("box.sheet_whole")}
          </Button>
        )}
        <Button
          leftSection={<Icon name="print" size={16} />}
          disabled={sheets.length === 0 || query.isFetching}
          onClick={() => window.print()}
          data-testid="sheets-print"
        >
          {t("box.sheet_print", { count: sheets.length })}
        </Button>
      </div>
      {station === "" && box === "" ? (
        <Empty title={t("box.sheet_choose")} hint={t("box.sheet_choose_hint")} />
      ) : (
        <Answer query={query}>
          {() =>
            codes.length === 0 ? (
              <Empty title={t("box.sheet_none")} hint={t("box.sheet_none_hint")} />
            ) : (
              <>
                <p className="dim not-printed">
                  {t("box.sheet_says", { count: codes.length, sheets: sheets.length })}
                </p>
                <div className="sheets">
                  {sheets.map((labels, at) => (
                    <Sheet
                      key={labels.find((one) => one !== null)?.id ?? at}
                      labels={labels}
                      station={station}
                      foot={t("box.sheet_foot", { day, page: at + 1, pages: sheets.length })}
                    />
                  ))}
                </div>
              </>
            )
          }
        </Answer>
      )}
    </div>
  );
}
