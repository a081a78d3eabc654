// The head of a table whose columns have their names in one place of the texts: `<of>.head_<name>`.

import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  of: string;
  heads: readonly string[];
  /** Those of figures that stand at the end of their cells, so that the head stands above them. */
  ends?: readonly string[];
}

export function Heads({ of, heads, ends = [] }: Props) {
  const { t } = useTranslation();
  return (
    <Table.Thead>
      <Table.Tr>
        {heads.map((head) => (
          <Table.Th key={head} className={ends.includes(head) ? "number-cell" : undefined}>
            {t(`${of}.head_${head}`)}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}
