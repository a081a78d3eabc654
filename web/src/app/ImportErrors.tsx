// The rows of a file that could not be read: which, what stands there and what is wrong, on the page and as a file.

import { Button, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { csvText, saveFile } from "../investigate/csv";
import type { ProblemRow } from "./api/types";
import { Heads } from "./Heads";
import { Icon } from "./icons";

/** A page of thousands of wrong rows helps nobody: the file has them all. */
const SHOWN = 200;
const HEADS = ["row", "column", "value", "message"] as const;

interface Props {
  errors: ProblemRow[];
  /** Of the file that was read. */
  name: string;
  /** Wrong rows that the server kept back. */
  more?: number;
  /** The file's heading in the person's language, where we gave the name. */
  sayColumn?: (column: string) => string;
  /** What the server adds that no text of ours can say. */
  noteOf?: (row: ProblemRow) => string | undefined;
}

export function ImportErrors({ errors, name, more = 0, sayColumn = (column) => column, noteOf }: Props) {
  const { t } = useTranslation();
  if (errors.length === 0) return null;
  const say = (row: ProblemRow) =>
    t(`errors.${row.key}`, { value: row.value ?? "", defaultValue: row.message ?? row.key });
  const columnOf = ({ column }: ProblemRow) => (column ? sayColumn(column) : "");
  const save = () => {
    const heads = HEADS.map((head) => t(`import.head_${head}`));
    const lines = errors.map((row) => [
      row.row ?? null,
      columnOf(row),
      row.value ?? "",
      [say(row), noteOf?.(row)].filter(Boolean).join(" · "),
    ]);
    saveFile(`${name}-errors.csv`, csvText(heads, lines));
  };
  return (
    <>
      <Button
        className="start"
        size="xs"
        variant="default"
        leftSection={<Icon name="download" size={16} />}
        onClick={save}
        data-testid="import-errors-save"
      >
        {t("import.download_errors")}
      </Button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reachable by keyboard */}
      <section className="wide-table import-errors" tabIndex={0} aria-label={t("import.errors")}>
        <Table stickyHeader>
          <Heads of="import" heads={HEADS} />
          <Table.Tbody>
            {errors.slice(0, SHOWN).map((row) => (
              <Table.Tr key={`${row.row}-${row.column}-${row.key}`} data-testid="import-error">
                <Table.Td className="number">{row.row ?? "—"}</Table.Td>
                <Table.Td>{columnOf(row) || "—"}</Table.Td>
                <Table.Td className="code">{row.value || "—"}</Table.Td>
                <Table.Td>
                  {say(row)}
                  {noteOf?.(row) && <span className="dim"> {noteOf(row)}</span>}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {errors.length > SHOWN && <p className="dim">{t("import.more_errors", { count: SHOWN })}</p>}
      {more > 0 && <p className="ink-warn">▲ {t("import.kept_back", { count: more })}</p>}
    </>
  );
}
