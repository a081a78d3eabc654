// Subscribes an address; the secret that signs its deliveries is shown once.

import { Button, Checkbox, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../../app/ActForm";
import { webhooks } from "../../app/api/calls.exchange";
import { FACT_KINDS, type FactKind } from "../../app/api/types.exchange";
import { OnceDialog } from "../../boxes/OnceDialog";
import { Secrets } from "../../boxes/Secrets";
import { isAddress } from "./outcome";

const TITLE_MAX = 80;

function Inside({ onKeys, onClose }: { onKeys: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [title, setTitle] = useState("");
  const [url, setUrl] = useState("");
  const [kinds, setKinds] = useState<string[]>([]);
  const isUrlWrong = url.trim() !== "" && !isAddress(url);
  const subscribe = useMutation({
    mutationFn: () =>
      webhooks.subscribe({ title: title.trim(), url: url.trim(), kinds: kinds as FactKind[] }),
    onSuccess: () => {
      onKeys();
      void client.invalidateQueries({ queryKey: ["webhooks"] });
    },
  });
  if (subscribe.data) {
    return (
      <div className="stack" data-testid="webhook-secret">
        <p>{t("webhook.secret_hint")}</p>
        <Secrets lines={[{ name: "webhook", label: t("webhook.secret"), value: subscribe.data.secret }]} />
        <p className="dim">{t("webhook.verify")}</p>
        <pre className="code exchange-verify">{t("webhook.verify_how")}</pre>
        <Button onClick={onClose} data-testid="webhook-done">
          {t("box.once_done")}
        </Button>
      </div>
    );
  }
  return (
    <ActForm
      className="stack"
      act={subscribe}
      label={t("webhook.new")}
      isComplete={title.trim() !== "" && isAddress(url) && kinds.length > 0}
      testId="webhook-form"
      buttonTestId="webhook-add"
    >
      <TextInput
        label={t("webhook.title")}
        description={t("webhook.title_hint")}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        maxLength={TITLE_MAX}
        required
        data-autofocus
        data-testid="webhook-title"
      />
      <TextInput
        type="url"
        label={t("webhook.url")}
        description={t("webhook.url_hint")}
        placeholder="https://hooks.example/shouhu"
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
        error={isUrlWrong && t("errors.webhooks.subscribe.address")}
        required
        spellCheck={false}
        data-testid="webhook-url"
      />
      <Checkbox.Group label={t("webhook.kinds")} value={kinds} onChange={setKinds} required>
        <div className="exchange-kinds">
          {FACT_KINDS.map((kind) => (
            <Checkbox
              key={kind}
              value={kind}
              label={t(`webhook.kind.${kind}`)}
              description={t(`webhook.kind_help.${kind}`)}
              data-testid={`webhook-${kind}`}
            />
          ))}
        </div>
      </Checkbox.Group>
      <p className="dim">{t("webhook.private")}</p>
    </ActForm>
  );
}

export function WebhookDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <OnceDialog title={t("webhook.new")} isOpen={isOpen} onClose={onClose}>
      {(onKeys, close) => <Inside onKeys={onKeys} onClose={close} />}
    </OnceDialog>
  );
}
