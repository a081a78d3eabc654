// One button for each identity provider whose word counts here; none where there is none.

import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { providers } from "./api/calls.providers";
import { keysPossible } from "./api/proof";
import { keepFlow } from "./providerFlow";
import { Failure } from "./states";

export function ProviderButtons({ next }: { next: string | null }) {
  const { t } = useTranslation();
  // What cannot be asked has no button: the passkey's stands above.
  const listed = useQuery({
    queryKey: ["providers"],
    queryFn: providers.list,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const leave = useMutation({
    mutationFn: async (name: string) => {
      const { url, flow } = await providers.start(name);
      keepFlow({ flow, next });
      window.location.assign(url);
    },
  });
  return (
    <>
      {listed.data?.items.map(({ name, title }) => (
        <Button
          key={name}
          size="lg"
          fullWidth
          variant="default"
          // The page is on its way out once it has begun.
          loading={(leave.isPending || leave.isSuccess) && leave.variables === name}
          disabled={!keysPossible()}
          onClick={() => leave.mutate(name)}
          data-testid={`provider-${name}`}
        >
          {t("signin.by_provider", { title })}
        </Button>
      ))}
      {leave.error && <Failure error={leave.error} />}
    </>
  );
}
