// Exchanges, gateways and apps: which key may put calls through.

import "./exchange.css";
import { Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../../app/ActForm";
import { devices } from "../../app/api/calls";
import { callSources } from "../../app/api/calls.intake";
import type { Id } from "../../app/api/types";
import { useSession } from "../../app/session";
import { Roster, RosterForm } from "../Roster";
import { SureButton } from "../SureButton";

function Define() {
  const { t } = useTranslation();
  const { may } = useSession();
  const client = useQueryClient();
  const [device, setDevice] = useState<Id | null>(null);
  const [title, setTitle] = useState("");
  const keys = useQuery({
    queryKey: ["devices", "keys"],
    enabled: may("devices.read"),
    queryFn: async () => (await devices.list()).items.filter((one) => one.kind === "partner"),
  });
  const define = useMutation({
    mutationFn: callSources.define,
    onSuccess: () => {
      setDevice(null);
      setTitle("");
      void client.invalidateQueries({ queryKey: ["call-sources"] });
    },
  });
  return (
    <RosterForm title={t("call_source.define")}>
      <p className="dim">{t("call_source.intro")}</p>
      <ActForm
        className="form-grid"
        act={{ ...define, mutate: () => device && define.mutate({ device, title: title.trim() }) }}
        label={t("call_source.save")}
        isComplete={device !== null && title.trim() !== ""}
        testId="call-source-form"
        buttonTestId="call-source-save"
      >
        <Select
          label={t("call_source.device")}
          placeholder={t("call_source.choose")}
          data={(keys.data ?? [])
            .filter((one) => !one.is_revoked)
            .map((one) => ({ value: one.id, label: one.name }))}
          value={device}
          onChange={setDevice}
          data-testid="call-source-device"
        />
        <TextInput
          label={t("call_source.title")}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          maxLength={80}
          required
          data-testid="call-source-title"
        />
      </ActForm>
    </RosterForm>
  );
}

export function CallSources() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["call-sources"], queryFn: callSources.list });
  const refresh = () => void client.invalidateQueries({ queryKey: ["call-sources"] });
  const end = useMutation({ mutationFn: callSources.end, onSuccess: refresh });
  const begin = useMutation({ mutationFn: callSources.define, onSuccess: refresh });
  return (
    <div className="exchange">
      <Roster
        query={query}
        form={<Define />}
        act={{ error: end.error ?? begin.error }}
        label={t("operate.tab_calls")}
        empty={{ title: t("call_source.none"), hint: t("call_source.none_hint") }}
        idOf={(one) => one.device}
        rowTestId="call-source-row"
        columns={[
          { key: "title", head: t("call_source.title"), show: (one) => <strong>{one.title}</strong> },
          {
            key: "device",
            head: t("call_source.device"),
            show: (one) => one.device.slice(0, 8),
            className: "code",
          },
          {
            key: "state",
            head: t("call_source.state"),
            show: (one) => (
              <span className="tag">
                {t(one.ended_at_us === null ? "call_source.open" : "call_source.ended")}
              </span>
            ),
          },
          {
            key: "act",
            head: t("jobs.head_act"),
            show: (one) =>
              one.ended_at_us === null ? (
                <SureButton
                  label={t("call_source.end")}
                  sure={t("call_source.end_sure")}
                  isBusy={end.isPending && end.variables === one.device}
                  onSure={() => end.mutate(one.device)}
                  testId="call-source-end"
                />
              ) : (
                <Button
                  size="xs"
                  variant="default"
                  loading={begin.isPending && begin.variables.device === one.device}
                  onClick={() => begin.mutate({ device: one.device, title: one.title })}
                >
                  {t("call_source.begin")}
                </Button>
              ),
          },
        ]}
      />
    </div>
  );
}
