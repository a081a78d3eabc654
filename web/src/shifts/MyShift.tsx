// The officer's own shift on the phone: one tap joins its unit.

import "./shifts.css";
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNow } from "../app/age";
import { shifts } from "../app/api/calls.shifts";
import type { Id } from "../app/api/types";
import { Failure } from "../app/states";
import { hour } from "./CrewSigns";

/** As the server has it: a shift may be joined an hour before it begins. */
const EARLY_US = 3_600_000_000;

export function MyShift({ unit }: { unit: Id | null }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const now_us = useNow() * 1000;
  const query = useQuery({
    queryKey: ["my-shifts"],
    queryFn: async () => (await shifts.mine()).items,
    refetchInterval: 300_000,
  });
  const join = useMutation({
    mutationFn: shifts.join,
    onSuccess: async () => {
      for (const name of ["me", "units", "my-assignments", "my-shifts"])
        await client.invalidateQueries({ queryKey: [name] });
    },
  });
  const next = query.data?.[0];
  // Nothing is said to whoever sits where the roster has them.
  if (!next || (next.unit === unit && next.joined_at_us !== null)) return null;
  const isTime = next.from_us - EARLY_US <= now_us && now_us < next.until_us;
  return (
    <section className="my-shift" data-testid="my-shift" data-unit={next.call_sign}>
      <p>
        {t("shift.mine", {
          unit: next.call_sign,
          from: hour(next, "from_us"),
          until: hour(next, "until_us"),
        })}
      </p>
      {isTime && (
        <Button
          fullWidth
          size="xl"
          loading={join.isPending}
          onClick={() => join.mutate(next.id)}
          data-testid="join-shift"
        >
          {t("shift.join", { unit: next.call_sign })}
        </Button>
      )}
      {join.error && <Failure error={join.error} />}
    </section>
  );
}
