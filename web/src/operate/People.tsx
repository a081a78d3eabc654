import { Button, Select, Table, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { identity } from "../app/api/calls";
import { ROLES, type Role } from "../app/api/types";
import { Once } from "../app/Once";
import { useSession } from "../app/session";
import { Answer, Failure } from "../app/states";
import { SureButton } from "./SureButton";

function Invite() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role | null>(null);
  const invite = useMutation({
    mutationFn: () => identity.invite({ name: name.trim(), role: role ?? "officer" }),
    onSuccess: () => {
      setName("");
      void client.invalidateQueries({ queryKey: ["actors"] });
    },
  });
  return (
    <section className="panel">
      <h2 className="section-title">{t("people.invite")}</h2>
      <form
        className="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate();
        }}
      >
        <TextInput
          label={t("people.name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          maxLength={80}
          data-testid="invite-name"
        />
        <Select
          label={t("people.role")}
          data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
          value={role}
          onChange={(value) => setRole(value as Role | null)}
          data-testid="invite-role"
        />
        <Button
          type="submit"
          disabled={!name.trim() || !role}
          loading={invite.isPending}
          data-testid="invite-submit"
        >
          {t("people.invite")}
        </Button>
      </form>
      {invite.error && <Failure error={invite.error} />}
      {invite.data && (
        <Once
          title={t("people.link_once")}
          hint={t("people.link_hint")}
          text={invite.data.link}
          expires_at_us={invite.data.expires_at_us}
          withQr
          testId="invite-link"
        />
      )}
    </section>
  );
}

export function People() {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["actors"], queryFn: async () => (await identity.actors()).items });
  const disable = useMutation({
    mutationFn: identity.disable,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["actors"] }),
  });
  return (
    <>
      {may("actors.invite") && <Invite />}
      {disable.error && <Failure error={disable.error} />}
      <Answer query={query}>
        {(list) => (
          <div className="wide-table">
            <Table>
              <Table.Thead>
                <Table.Tr>
                  {["name", "role", "state", "seen", "act"].map((head) => (
                    <Table.Th key={head}>{t(`people.head_${head}`)}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {list.map((actor) => (
                  <Table.Tr key={actor.id} data-testid="actor-row">
                    <Table.Td>{actor.name}</Table.Td>
                    <Table.Td>{t(`role.${actor.role}`)}</Table.Td>
                    <Table.Td>
                      <span className="tag">
                        {t(actor.is_disabled ? "people.disabled" : "people.active")}
                      </span>
                    </Table.Td>
                    <Table.Td>
                      {actor.last_seen_at_us === null ? "—" : <Age at={actor.last_seen_at_us} />}
                    </Table.Td>
                    <Table.Td>
                      {may("actors.disable") && !actor.is_disabled && actor.id !== me?.id && (
                        <SureButton
                          label={t("people.disable")}
                          sure={t("people.disable_sure")}
                          isBusy={disable.isPending && disable.variables === actor.id}
                          onSure={() => disable.mutate(actor.id)}
                        />
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        )}
      </Answer>
    </>
  );
}
