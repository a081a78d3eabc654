import { Button, Drawer, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { Age } from "../app/Age";
import { devices } from "../app/api/calls";
import type { Device, DeviceKind } from "../app/api/types";
import { Once } from "../app/Once";
import { useCameras } from "../app/queries";
import { sayDuration } from "../app/say";
import { useSession } from "../app/session";
import { DeviceTrust, TrustTag } from "./DeviceTrust";
import { Roster, RosterForm } from "./Roster";
import { SureButton } from "./SureButton";
import { TrustRules } from "./TrustRules";

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
    <RosterForm title={t("device.register")}>
      <ActForm
        className="inline-form"
        act={register}
        label={t("device.register")}
        isComplete={name.trim() !== ""}
        buttonTestId="register-device"
        done={
          register.data && (
            <Once
              title={t("device.token_once")}
              hint={t("device.token_hint")}
              text={`shouhu-edge enrol --server ${window.location.origin} --token ${register.data.token}`}
              expires_at_us={register.data.expires_at_us}
              testId="device-command"
            />
          )
        }
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
            limit={100}
            value={camera}
            onChange={setCamera}
            clearable
            searchable
            data-testid="device-camera"
          />
        )}
      </ActForm>
    </RosterForm>
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
  const [looked, setLooked] = useState<string | null>(null);
  const stateOf = (d: Device) => (d.is_revoked ? "revoked" : d.is_enrolled ? "enrolled" : "waiting");
  const shown = query.data?.find((device) => device.id === looked);
  return (
    <>
      <Roster
        query={query}
        form={may("devices.manage") && <Register />}
        act={revoke}
        empty={{ title: t("device.none"), hint: t("device.none_hint") }}
        idOf={(device) => device.id}
        rowTestId="device-row"
        columns={[
          { key: "name", head: t("device.head_name"), show: (device) => device.name },
          { key: "kind", head: t("device.head_kind"), show: (device) => t(`device_kind.${device.kind}`) },
          {
            key: "state",
            head: t("device.head_state"),
            show: (device) => (
              <span className={`tag ${stateOf(device) === "waiting" ? "tag-warn" : ""}`}>
                {t(`device.state_${stateOf(device)}`)}
              </span>
            ),
          },
          {
            key: "seen",
            head: t("device.head_seen"),
            show: (device) => (device.last_seen_at_us === null ? "—" : <Age at={device.last_seen_at_us} />),
          },
          { key: "trust", head: t("device.head_trust"), show: (device) => <TrustTag device={device} /> },
          { key: "clock", head: t("device.head_clock"), show: (device) => <Clock device={device} /> },
          {
            key: "queue",
            head: t("device.head_queue"),
            show: (device) => device.queue_depth ?? "—",
            className: "number",
          },
          {
            key: "act",
            head: t("device.head_act"),
            show: (device) => (
              <span className="acts">
                {device.kind !== "partner" && (
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => setLooked(device.id)}
                    data-testid="device-look"
                  >
                    {t("device.trust_show")}
                  </Button>
                )}
                {!device.is_revoked && may("devices.manage") && (
                  <SureButton
                    label={t("device.revoke")}
                    sure={t("device.revoke_sure")}
                    isBusy={revoke.isPending && revoke.variables === device.id}
                    onSure={() => revoke.mutate(device.id)}
                  />
                )}
              </span>
            ),
          },
        ]}
      />
      {/* Beside the list: below it, behind hundreds of cameras, nobody would see that it opened. */}
      <Drawer
        opened={shown !== undefined}
        onClose={() => setLooked(null)}
        position="right"
        size={640}
        title={shown?.name}
        closeButtonProps={{ "aria-label": t("app.close") }}
      >
        {shown && <DeviceTrust key={shown.id} device={shown} />}
      </Drawer>
      {may("devices.manage") && <TrustRules />}
    </>
  );
}
