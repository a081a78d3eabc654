import { Button, Select, Table, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { units as calls } from "../app/api/calls";
import type { UnitKind } from "../app/api/types";
import { useUnits } from "../app/queries";
import { Answer, Empty, Failure } from "../app/states";

const KINDS: UnitKind[] = ["car", "motorcycle", "foot"];

export function Units() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useUnits();
  const [callSign, setCallSign] = useState("");
  const [kind, setKind] = useState<UnitKind>("car");
  const add = useMutation({
    mutationFn: () => calls.add(callSign.trim(), kind),
    onSuccess: () => {
      setCallSign("");
      void client.invalidateQueries({ queryKey: ["units"] });
    },
  });
  return (
    <>
      <section className="panel">
        <h2 className="section-title">{t("unit.add")}</h2>
        <form
          className="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate();
          }}
        >
          <TextInput
            label={t("unit.call_sign")}
            placeholder="永康 21"
            value={callSign}
            onChange={(event) => setCallSign(event.currentTarget.value)}
            required
            maxLength={40}
          />
          <Select
            label={t("table.kind")}
            data={KINDS.map((value) => ({ value, label: t(`unit_kind.${value}`) }))}
            value={kind}
            onChange={(value) => value && setKind(value as UnitKind)}
            allowDeselect={false}
          />
          <Button type="submit" disabled={!callSign.trim()} loading={add.isPending}>
            {t("unit.add")}
          </Button>
        </form>
        {add.error && <Failure error={add.error} />}
      </section>
      <Answer query={query}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={t("patrol.no_units")} />
          ) : (
            <div className="wide-table">
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("unit.call_sign")}</Table.Th>
                    <Table.Th>{t("table.kind")}</Table.Th>
                    <Table.Th>{t("unit.state")}</Table.Th>
                    <Table.Th>{t("unit.position")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((unit) => (
                    <Table.Tr key={unit.id}>
                      <Table.Td>{unit.call_sign}</Table.Td>
                      <Table.Td>{t(`unit_kind.${unit.kind}`)}</Table.Td>
                      <Table.Td>{t(`unit_state.${unit.state}`)}</Table.Td>
                      <Table.Td>
                        {unit.position_at_us === null ? "—" : <Age at={unit.position_at_us} />}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
          )
        }
      </Answer>
    </>
  );
}
