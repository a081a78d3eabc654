import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** A list that is read page by page; react-query's answer is one. */
interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** The next page of a list, while there is one. */
export function MoreButton({ query, label }: { query: Paged; label?: string }) {
  const { t } = useTranslation();
  if (!query.hasNextPage) return null;
  return (
    <Button
      variant="default"
      fullWidth
      loading={query.isFetchingNextPage}
      onClick={() => void query.fetchNextPage()}
    >
      {label ?? t("app.more")}
    </Button>
  );
}
