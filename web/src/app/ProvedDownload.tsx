// A file that the server makes for a signed-in person.

import { Button, type ButtonProps } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { trust } from "./api/calls.trust";
import { ApiError, provedAddress } from "./api/client";
import { stepUp } from "./api/stepUp";
import type { Problem } from "./api/types";
import { Failure } from "./states";

const isTrusted = async () => (await trust.mine()).verdict === "allow";

/** What the server would say; the browser would save it as the file. */
const RESTRICTED: Problem = {
  type: "urn:shouhu:error:identity.restricted",
  title: "Forbidden",
  status: 403,
  key: "identity.restricted",
};

/**
 * A download sends no headers, so that its address carries the session's proof; it is made at the click, for it does not last. Hence a
 * button: its address would open nothing in another tab.
 */
export function ProvedDownload({
  path,
  name = "",
  children,
  testId,
  ...look
}: ButtonProps & { path: string; name?: string; children: ReactNode; testId?: string }) {
  const save = useMutation({
    mutationFn: async () => {
      // The browser fetches it by itself and cannot send it again: who would be asked to verify is asked before.
      if (!(await isTrusted())) {
        if (!(await stepUp())) return;
        if (!(await isTrusted())) throw new ApiError(RESTRICTED);
      }
      const link = document.createElement("a");
      link.href = await provedAddress(path);
      link.download = name;
      link.click();
    },
  });
  return (
    <>
      {save.error && <Failure error={save.error} />}
      <Button {...look} onClick={() => save.mutate()} loading={save.isPending} data-testid={testId}>
        {children}
      </Button>
    </>
  );
}
