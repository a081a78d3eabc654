// The head of a table whose columns have their names in one place of the texts: `<of>.head_<name>`.

import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function Heads({ of, heads }: { of: string; heads: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <Table.Thead>
      <Table.Tr>
        {heads.map((head) => (
          <Table.Th key={head}>{t(`${of}.head_${head}`)}</Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}
