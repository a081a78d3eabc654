// One answer: its bar, its rows in the form that suits it or as a table, and the chosen row.

import { Button, SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Micros } from "../../app/api/types";
import type { Count, Passing, Spot } from "../../app/api/types.lake";
import { passingOf } from "../../app/api/types.lake";
import { Icon } from "../../app/icons";
import { useSession } from "../../app/session";
import { Empty } from "../../app/states";
import { BOUNDED, NeedsConsent } from "../../observations/NeedsConsent";
import type { Answer, Question, Shape } from "../answer";
import { csvText, fileName, saveFile } from "../csv";
import type { Kind } from "../questions";
import { CountsView } from "./CountsView";
import { DataTable } from "./DataTable";
import { Detail } from "./Detail";
import { ExportDialog, exportable } from "./ExportDialog";
import { PartialNotes } from "./PartialNotes";
import { PassageList } from "./PassageList";
import { PrintHead } from "./PrintHead";
import { type AnyRow, numbersOf } from "./rows";
import { Timeline } from "./Timeline";
import { useTable } from "./useTable";
import { ZonesView } from "./ZonesView";
import type { Side, Zone } from "./zones";

interface Props {
  question: Question;
  answer: Answer;
  rows: AnyRow[];
  places: Count[];
  zones: Zone[];
  side: Side;
  period_us: Micros | null;
  title: string;
  isTable: boolean;
  chosen: string | null;
  isFetchingMore: boolean;
  mayHold: boolean;
  onTable: (isTable: boolean) => void;
  onChoose: (id: string) => void;
  onLeave: () => void;
  onMore: () => void;
  /** More may be shown than a moment ago. */
  onOpened: () => void;
  onHold: (passing: Passing) => void;
  onFollow: (kind: Kind, plate: string) => void;
  onShared: (spots: Spot[]) => void;
  onSide: (side: Side) => void;
  onPeriod: (period_us: Micros | null) => void;
  /** The passages of a cell. */
  onCell: (cell: string) => void;
}

/** Kinds that have more than a table to show. */
const PICTURED: Partial<Record<Shape, string>> = {
  sightings: "photos",
  legs: "timeline",
  counts: "chart",
  zones: "chart",
};

export function AnswerPane(props: Props) {
  const { question, answer, rows, places, title, isTable, chosen, onChoose } = props;
  const { t } = useTranslation();
  const [isExporting, setExporting] = useState(false);
  const table = useTable(question, answer, places, props.zones);
  const numbers = useMemo(
    () => numbersOf(answer.shape === "sightings" ? answer.items.map(passingOf) : []),
    [answer],
  );
  const row = rows.find((one) => one.id === chosen);
  const { may } = useSession();
  const asked = may("sightings.export") ? exportable(question) : null;
  const pictured = PICTURED[answer.shape];
  const isBounded = answer.partial.some((note) => note.key === BOUNDED);
  const isEmpty = answer.items.length === 0;
  const save = () =>
    saveFile(
      fileName(question.kind, title),
      csvText(
        table.columns.map((column) => column.head),
        (table.fileRows ?? table.rows).map((one, at) => table.columns.map((column) => column.value(one, at))),
      ),
    );
  return (
    <div className="answer" data-testid={`answer-${question.kind}`}>
      <PrintHead
        question={question}
        answer={answer}
        title={t(`lake.q_${question.kind}`) + t("app.colon") + title}
      />
      <div className="answer-bar">
        <strong role="status">
          {answer.shape === "zones"
            ? t("lake.zones_count", { count: props.zones.length })
            : t("lake.count", { count: answer.items.length })}
          {answer.hasMore && t("lake.there_is_more")}
        </strong>
        {pictured && !isEmpty && (
          <SegmentedControl
            size="xs"
            aria-label={t("lake.view")}
            value={isTable ? "table" : "picture"}
            onChange={(view) => props.onTable(view === "table")}
            data={[
              { value: "picture", label: t(`lake.view_${pictured}`) },
              { value: "table", label: t("command.table") },
            ]}
          />
        )}
        <span className="grow" />
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          disabled={isEmpty}
          onClick={save}
          data-testid="export-csv"
        >
          CSV
        </Button>
        {asked && (
          <Button size="xs" variant="default" onClick={() => setExporting(true)} data-testid="export-open">
            {t("export.open")}
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="print" size={16} />}
          disabled={isEmpty}
          onClick={() => window.print()}
        >
          {t("search.print")}
        </Button>
      </div>
      <PartialNotes notes={answer.partial} />
      {isBounded && (
        <NeedsConsent
          plate={question.draft.plate}
          caseRef={question.grounds.case_ref}
          onOpened={props.onOpened}
        />
      )}
      {isEmpty && (
        <Empty
          title={t("lake.none", { what: title })}
          hint={t(answer.partial.length > 0 ? "lake.none_partial" : "lake.none_hint")}
        />
      )}
      {!isEmpty && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard
        <section className="answer-rows" tabIndex={0} aria-label={t(`lake.q_${question.kind}`)}>
          {answer.shape === "sightings" && !isTable && (
            <PassageList
              found={answer.items}
              grounds={question.grounds}
              chosen={chosen}
              numbers={numbers}
              onChoose={onChoose}
            />
          )}
          {answer.shape === "legs" && !isTable && (
            <Timeline legs={answer.items} chosen={chosen} onChoose={onChoose} />
          )}
          {answer.shape === "counts" && !isTable && (
            <CountsView
              question={question}
              counts={answer.items}
              places={places}
              chosen={chosen}
              onChoose={onChoose}
            />
          )}
          {answer.shape === "zones" && (
            <ZonesView
              question={question}
              items={answer.items}
              zones={props.zones}
              side={props.side}
              period_us={props.period_us}
              chosen={chosen}
              isTable={isTable}
              onSide={props.onSide}
              onPeriod={props.onPeriod}
              onChoose={onChoose}
              onCell={props.onCell}
            />
          )}
          {(isTable || !pictured) && (
            <DataTable {...table} label={title} chosen={chosen} onChoose={onChoose} />
          )}
          {answer.hasMore && (
            <Button variant="default" fullWidth loading={props.isFetchingMore} onClick={props.onMore}>
              {t("app.more")}
            </Button>
          )}
        </section>
      )}
      {row && answer.shape !== "counts" && (
        <Detail
          question={question}
          row={row}
          onLeave={props.onLeave}
          mayHold={props.mayHold}
          onHold={props.onHold}
          onFollow={props.onFollow}
          onShared={props.onShared}
        />
      )}
      {isExporting && asked && (
        <ExportDialog question={question} asked={asked} title={title} onClose={() => setExporting(false)} />
      )}
    </div>
  );
}
