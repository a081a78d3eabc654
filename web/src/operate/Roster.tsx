// What is registered: a form that adds to it, and the list. Cameras, devices, units, people and feeds are kept like this.

import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { Answer, Empty, Failure } from "../app/states";

export interface RosterColumn<T> {
  key: string;
  head: string;
  show: (row: T) => ReactNode;
  className?: string | ((row: T) => string | undefined);
}

interface TableProps<T> {
  label?: string;
  columns: RosterColumn<T>[];
  rows: T[];
  idOf: (row: T) => string;
  chosen?: string | null;
  rowTestId?: string;
}

export function RosterTable<T>({ label, columns, rows, idOf, chosen, rowTestId }: TableProps<T>) {
  const classOf = ({ className }: RosterColumn<T>, row: T) =>
    typeof className === "function" ? className(row) : className;
  return (
    <Table highlightOnHover={chosen !== undefined} aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th key={column.key}>{column.head}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => {
          const id = idOf(row);
          return (
            <Table.Tr
              key={id}
              aria-selected={chosen === undefined ? undefined : id === chosen}
              data-testid={rowTestId}
            >
              {columns.map((column) => (
                <Table.Td key={column.key} className={classOf(column, row)}>
                  {column.show(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

interface Query<T> {
  data: T[] | undefined;
  error: Error | null;
  isLoading: boolean;
  refetch: () => unknown;
}

interface Props<T> extends Omit<TableProps<T>, "rows"> {
  query: Query<T>;
  /** Who may not add sees no form. */
  form?: ReactNode;
  empty?: { title: string; hint?: string };
  /** What is done to single rows; its failure stands above the list. */
  act?: { error: Error | null };
  /** Below the rows. */
  children?: ReactNode;
}

export function Roster<T>({ query, form, empty, act, children, ...table }: Props<T>) {
  return (
    <>
      {form}
      {act?.error && <Failure error={act.error} />}
      <Answer query={query}>
        {(rows) =>
          rows.length === 0 && empty ? (
            <Empty {...empty} />
          ) : (
            <div className="wide-table">
              <RosterTable {...table} rows={rows} />
              {children}
            </div>
          )
        }
      </Answer>
    </>
  );
}

/** A form beside or above the list, with its title. */
export function RosterForm({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel">
      <h2 className="section-title">{title}</h2>
      {children}
    </section>
  );
}
