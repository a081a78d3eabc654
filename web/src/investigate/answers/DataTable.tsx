// A table of any length; the chosen row is the one on the map. The same columns make the CSV file.

import { type ReactNode, useEffect, useRef } from "react";
import type { Cell } from "../csv";
import { useSlice } from "../virtual";

export interface Column<T> {
  key: string;
  head: string;
  show: (row: T, at: number) => ReactNode;
  /** For the CSV file. */
  value: (row: T, at: number) => Cell;
  className?: string;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  idOf: (row: T, at: number) => string;
  plateOf?: (row: T) => string;
  chosen: string | null;
  onChoose: (id: string) => void;
  row_px?: number;
  testId?: string;
}

export const HEAD_PX = 38;

export function DataTable<T>(props: Props<T>) {
  const { label, columns, rows, idOf, plateOf, chosen, onChoose, row_px = 40, testId = "answer-row" } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const { slice, show } = useSlice(body, rows.length, row_px);
  const shown = rows.slice(slice.first, slice.last);
  const at = chosen === null ? -1 : rows.findIndex((row, index) => idOf(row, index) === chosen);
  useEffect(() => show(at, HEAD_PX), [at, show]);
  return (
    <table className="data-table" aria-label={label} aria-rowcount={rows.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
          {columns.map((column) => (
            <th key={column.key} scope="col" className={column.className}>
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {slice.first > 0 && (
          <tr>
            <td colSpan={columns.length} style={{ height: slice.first * row_px }} />
          </tr>
        )}
        {shown.map((row, offset) => {
          const index = slice.first + offset;
          const id = idOf(row, index);
          const isChosen = id === chosen;
          return (
            <tr
              key={id}
              style={{ height: row_px }}
              aria-rowindex={index + 2}
              data-chosen={isChosen || undefined}
              data-testid={testId}
              data-plate={plateOf?.(row)}
              onClick={() => onChoose(id)}
            >
              {columns.map((column, which) => (
                <td key={column.key} className={column.className}>
                  {which === 0 ? (
                    <button type="button" className="row-button" aria-pressed={isChosen}>
                      {column.show(row, index)}
                    </button>
                  ) : (
                    column.show(row, index)
                  )}
                </td>
              ))}
            </tr>
          );
        })}
        {slice.last < rows.length && (
          <tr>
            <td colSpan={columns.length} style={{ height: (rows.length - slice.last) * row_px }} />
          </tr>
        )}
      </tbody>
    </table>
  );
}
