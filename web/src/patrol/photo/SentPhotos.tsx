// What the crew has sent from this job, and for five minutes the way back.

import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { useNow } from "../../app/age";
import { photos as photoCalls } from "../../app/api/calls.photos";
import type { MyAssignment } from "../../app/api/types";
import type { Photo } from "../../app/api/types.photos";
import { useSession } from "../../app/session";
import { Failure } from "../../app/states";

const REASON_MAX = 200;

function Withdraw({ photo, onDone }: { photo: Photo; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const back = useMutation({
    mutationFn: () => photoCalls.withdraw(photo.id, reason.trim()),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["photos"] });
      onDone();
    },
  });
  return (
    <div className="photo-withdraw">
      <TextInput
        label={t("photo.withdraw_reason")}
        size="md"
        maxLength={REASON_MAX}
        autoFocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-testid="photo-withdraw-reason"
      />
      <div className="two">
        <Button size="lg" variant="default" onClick={onDone}>
          {t("app.back")}
        </Button>
        <Button
          size="lg"
          color="red"
          disabled={!reason.trim()}
          loading={back.isPending}
          onClick={() => back.mutate()}
          data-testid="photo-withdraw-send"
        >
          {t("photo.withdraw")}
        </Button>
      </div>
      {back.error && <Failure error={back.error} />}
    </div>
  );
}

export function SentPhotos({ mine }: { mine: MyAssignment }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const now_ms = useNow();
  const [taking, setTaking] = useState<string | null>(null);
  const { incident, assignment } = mine;
  const query = useQuery({
    queryKey: ["photos", incident.id],
    queryFn: () => photoCalls.of(incident.id),
  });
  const sent = query.data?.items.filter((photo) => photo.assignment === assignment.id) ?? [];
  if (sent.length === 0) return null;
  return (
    <ul className="photo-sent" aria-label={t("photo.sent")}>
      {sent.map((photo) => {
        const mayWithdraw =
          photo.state === "kept" && photo.by === me?.id && photo.withdraw_until_us / 1000 > now_ms;
        return (
          <li key={photo.id} data-testid="photo-sent" data-state={photo.state}>
            <span>
              {photo.caption || t("photo.one")} ·{" "}
              <span className="dim">
                {t(`photo.state_${photo.state}`)} <Age at={photo.received_at_us} />
              </span>
            </span>
            {mayWithdraw && taking !== photo.id && (
              <Button
                size="md"
                variant="default"
                onClick={() => setTaking(photo.id)}
                data-testid="photo-withdraw"
              >
                {t("photo.withdraw")}
              </Button>
            )}
            {taking === photo.id && mayWithdraw && <Withdraw photo={photo} onDone={() => setTaking(null)} />}
          </li>
        );
      })}
    </ul>
  );
}
