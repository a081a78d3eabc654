import { Button, Select, Table, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { devices } from "../app/api/calls";
import type { Device, DeviceKind } from "../app/api/types";
import { Once } from "../app/Once";
import { useCameras } from "../app/queries";
import { sayDuration } from "../app/say";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { SureButton } from "./SureButton";

/** More than this and the server corrects the device's times. */
const CLOCK_ODD_US = 60_000_000;

function Register() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const cameras = useCameras();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<DeviceKind>("fixed_camera");
  const [camera, setCamera] = useState<string | null>(null);
  const register = useMutation({
    mutationFn: () => devices.register({ name: name.trim(), kind, ...(camera ? { camera } : {}) }),
    onSuccess: () => {
      setName("");
      void client.invalidateQueries({ queryKey: ["devices"] });
    },
  });
  return (
    <section className="panel">
      <h2 className="section-title">{t("device.register")}</h2>
      <form
        className="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate();
        }}
      >
        <TextInput
          label={t("device.name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          maxLength={80}
          data-testid="device-name"
        />
        <Select
          label={t("device.kind")}
          data={(["fixed_camera", "patrol_car", "partner"] as const).map((value) => ({
            value,
            label: t(`device_kind.${value}`),
          }))}
          value={kind}
          onChange={(value) => value && setKind(value as DeviceKind)}
          allowDeselect={false}
        />
        {kind === "fixed_camera" && (
          <Select
            label={t("device.camera")}
            data={(cameras.data ?? []).map((c) => ({ value: c.id, label: c.name }))}
            value={camera}
            onChange={setCamera}
            clearable
            searchable
            data-testid="device-camera"
          />
        )}
        <Button
          type="submit"
          disabled={!name.trim()}
          loading={register.isPending}
          data-testid="register-device"
        >
          {t("device.register")}
        </Button>
      </form>
      {register.error && <Failure error={register.error} />}
      {register.data && (
        <Once
          title={t("device.token_once")}
          hint={t("device.token_hint")}
          text={`shouhu-edge enrol --server ${window.location.origin} --token ${register.data.token}`}
          expires_at_us={register.data.expires_at_us}
          testId="device-command"
        />
      )}
    </section>
  );
}

function Clock({ device }: { device: Device }) {
  const { t } = useTranslation();
  if (device.clock_offset_us === null) return "—";
  const isOdd = Math.abs(device.clock_offset_us) > CLOCK_ODD_US;
  const size = sayDuration(Math.abs(device.clock_offset_us) / 1e6, t);
  if (Math.abs(device.clock_offset_us) < 1e6) return t("device.clock_right");
  return (
    <span className={isOdd ? "ink-warn" : undefined}>
      {isOdd && "▲ "}
      {t(device.clock_offset_us > 0 ? "device.clock_fast" : "device.clock_slow", { size })}
    </span>
  );
}

export function Devices() {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["devices"],
    queryFn: async () => (await devices.list()).items,
    refetchInterval: 30_000,
  });
  const revoke = useMutation({
    mutationFn: devices.revoke,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["devices"] }),
  });
  const stateOf = (d: Device) => (d.is_revoked ? "revoked" : d.is_enrolled ? "enrolled" : "waiting");
  return (
    <>
      {may("devices.manage") && <Register />}
      {revoke.error && <Failure error={revoke.error} />}
      <Answer query={query}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={t("device.none")} hint={t("device.none_hint")} />
          ) : (
            <div className="wide-table">
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    {["name", "kind", "state", "seen", "clock", "queue", "act"].map((head) => (
                      <Table.Th key={head}>{t(`device.head_${head}`)}</Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.map((device) => (
                    <Table.Tr key={device.id} data-testid="device-row">
                      <Table.Td>{device.name}</Table.Td>
                      <Table.Td>{t(`device_kind.${device.kind}`)}</Table.Td>
                      <Table.Td>
                        <span className={`tag ${stateOf(device) === "waiting" ? "tag-warn" : ""}`}>
                          {t(`device.state_${stateOf(device)}`)}
                        </span>
                      </Table.Td>
                      <Table.Td>
                        {device.last_seen_at_us === null ? "—" : <Age at={device.last_seen_at_us} />}
                      </Table.Td>
                      <Table.Td>
                        <Clock device={device} />
                      </Table.Td>
                      <Table.Td className="number">{device.queue_depth ?? "—"}</Table.Td>
                      <Table.Td>
                        {!device.is_revoked && may("devices.manage") && (
                          <SureButton
                            label={t("device.revoke")}
                            sure={t("device.revoke_sure")}
                            isBusy={revoke.isPending && revoke.variables === device.id}
                            onSure={() => revoke.mutate(device.id)}
                          />
                        )}
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
