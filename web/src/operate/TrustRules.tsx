// Whose word for a TPM counts and which kinds of device must attest: one person asks, another approves.

import { Button, Checkbox, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { Age } from "../app/Age";
import { devices } from "../app/api/calls";
import type { DeviceKind, TrustChange } from "../app/api/types";
import { useSession } from "../app/session";
import { Answer, Failure } from "../app/states";
import { Hash } from "./DeviceTrust";
import { SureButton } from "./SureButton";

const KINDS: DeviceKind[] = ["fixed_camera", "patrol_car"];
const CHANGES = ["trust-changes"];
/** Another person's wish is no event of the live stream; it waits for days. */
const LOOK_EVERY_MS = 30_000;

/** All that a decided change may have changed. */
function useAnew(): () => void {
  const client = useQueryClient();
  return () => {
    for (const name of ["trust-changes", "tpm-makers", "attestation-policy", "devices"])
      void client.invalidateQueries({ queryKey: [name] });
  };
}

function Change({ change }: { change: TrustChange }) {
  const { t } = useTranslation();
  const anew = useAnew();
  const approve = useMutation({ mutationFn: () => devices.approveChange(change.id), onSettled: anew });
  const withdraw = useMutation({ mutationFn: () => devices.withdrawChange(change.id), onSettled: anew });
  const isBusy = approve.isPending || withdraw.isPending;
  const error = approve.error ?? withdraw.error;
  const kind = KINDS.find((one) => one === change.subject);
  return (
    <li data-testid="trust-change">
      <strong>{t(`device.change_${change.act}`)}</strong>{" "}
      {change.maker ?? (kind ? t(`device_kind.${kind}`) : change.subject)}{" "}
      {change.maker && <Hash text={change.subject} />}
      <div>{change.reason}</div>
      <div className="dim">
        {change.asked_by_name} · <Age at={change.asked_at_us} /> · {t("device.change_term")}
      </div>
      {error && <Failure error={error} />}
      {change.is_mine ? (
        <p className="dim">{t("device.change_mine")}</p>
      ) : (
        <SureButton
          label={t("device.change_approve")}
          sure={t("device.change_approve_sure")}
          isBusy={isBusy}
          onSure={() => approve.mutate()}
          testId="trust-change-approve"
        />
      )}
      <SureButton
        label={t(change.is_mine ? "device.change_withdraw" : "device.change_refuse")}
        sure={t("device.change_end_sure")}
        isBusy={isBusy}
        onSure={() => withdraw.mutate()}
        testId="trust-change-withdraw"
      />
    </li>
  );
}

/** What waits for a second person; nothing at all where nothing waits. */
function Waiting() {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useQuery({
    queryKey: CHANGES,
    queryFn: async () => (await devices.changes()).items,
    refetchInterval: LOOK_EVERY_MS,
    enabled: may("devices.manage"),
  });
  if (query.error) return <Failure error={query.error} />;
  if (!query.data?.length) return null;
  return (
    <section className="panel" aria-label={t("device.changes")} data-testid="trust-changes">
      <h3 className="section-title">{t("device.changes")}</h3>
      <ul>
        {query.data.map((change) => (
          <Change key={change.id} change={change} />
        ))}
      </ul>
    </section>
  );
}

function Makers() {
  const { t } = useTranslation();
  const anew = useAnew();
  const [certificate, setCertificate] = useState("");
  const [reason, setReason] = useState("");
  const query = useQuery({ queryKey: ["tpm-makers"], queryFn: async () => (await devices.makers()).items });
  const trust = useMutation({
    mutationFn: () => devices.trustMaker(certificate, reason),
    onSuccess: () => {
      setCertificate("");
      setReason("");
      anew();
    },
  });
  const forget = useMutation({ mutationFn: devices.forgetMaker, onSuccess: anew });
  return (
    <>
      <h3 className="section-title">{t("device.makers")}</h3>
      {forget.error && <Failure error={forget.error} />}
      <Answer query={query}>
        {(makers) =>
          makers.length === 0 ? (
            <p>{t("device.makers_none")}</p>
          ) : (
            <ul>
              {makers.map((maker) => (
                <li key={maker.fingerprint}>
                  {maker.subject} <Hash text={maker.fingerprint} />{" "}
                  <SureButton
                    label={t("device.maker_remove")}
                    sure={t("device.maker_remove_sure")}
                    isBusy={forget.isPending && forget.variables === maker.fingerprint}
                    onSure={() => forget.mutate(maker.fingerprint)}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      <ActForm
        className="stack"
        act={trust}
        label={t("device.maker_add")}
        isComplete={certificate.trim() !== "" && reason.trim() !== ""}
        done={trust.isSuccess && <p role="status">{t("device.change_asked")}</p>}
        buttonTestId="maker-add"
      >
        <Textarea
          label={t("device.maker_certificate")}
          value={certificate}
          onChange={(event) => setCertificate(event.currentTarget.value)}
          autosize
          minRows={3}
          maxRows={8}
          data-testid="maker-certificate"
        />
        <TextInput
          label={t("device.change_reason")}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          data-testid="maker-reason"
        />
      </ActForm>
    </>
  );
}

function Demands() {
  const { t } = useTranslation();
  const anew = useAnew();
  const [wish, setWish] = useState<{ kind: DeviceKind; is: boolean } | null>(null);
  const [reason, setReason] = useState("");
  const query = useQuery({ queryKey: ["attestation-policy"], queryFn: devices.policy });
  const demand = useMutation({
    mutationFn: async () => {
      if (wish) await devices.demand(wish.kind, wish.is, reason);
    },
    onSuccess: () => {
      setWish(null);
      setReason("");
      anew();
    },
  });
  return (
    <>
      <h3 className="section-title">{t("device.demand")}</h3>
      <Answer query={query}>
        {({ required }) =>
          KINDS.map((kind) => {
            const isSo = required.some((one) => one.kind === kind);
            return (
              <Checkbox
                key={kind}
                label={t(`device_kind.${kind}`)}
                checked={wish?.kind === kind ? wish.is : isSo}
                disabled={demand.isPending}
                onChange={(event) => {
                  const is = event.currentTarget.checked;
                  setWish(is === isSo ? null : { kind, is });
                }}
              />
            );
          })
        }
      </Answer>
      {demand.isSuccess && !wish && <p role="status">{t("device.change_asked")}</p>}
      {wish && (
        <ActForm
          className="stack"
          act={demand}
          label={t("device.change_ask")}
          isComplete={reason.trim() !== ""}
          buttonTestId="demand-ask"
        >
          <TextInput
            label={t("device.change_reason")}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-testid="demand-reason"
          />
        </ActForm>
      )}
    </>
  );
}

export function TrustRules() {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  return (
    <>
      <Waiting />
      {isShown ? (
        <section className="panel" aria-label={t("device.demand")}>
          <Demands />
          <Makers />
        </section>
      ) : (
        <Button
          className="start"
          variant="default"
          size="xs"
          onClick={() => setShown(true)}
          data-testid="trust-rules"
        >
          {t("device.makers")}
        </Button>
      )}
    </>
  );
}
