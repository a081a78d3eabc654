// The four faces of every list: loading, empty, failed, there.

import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, OfflineError } from "./api/client";
import type { Problem } from "./api/types";

/** Whom a rule of the force refuses is told which, and why; whose role may not is told so. */
function wordsOf({ key, params }: Problem): string {
  return key === "identity.not_permitted" && params?.why !== undefined ? `${key}_by_rule` : key;
}

/** In the person's language where the key is known, in the server's words where it is not. */
export function explain(error: unknown, t: TFunction): string {
  if (error instanceof OfflineError) return t("errors.offline");
  if (error instanceof ApiError) {
    const { detail, title, params } = error.problem;
    return t(`errors.${wordsOf(error.problem)}`, { ...params, defaultValue: detail || title });
  }
  return t("errors.unexpected", { message: error instanceof Error ? error.message : String(error) });
}

export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const rows = error instanceof ApiError ? (error.problem.rows ?? []) : [];
  return (
    <Alert color="red" variant="light" role="alert" className="failure" title={explain(error, t)}>
      {rows.length > 0 && (
        <ul className="failure-rows">
          {rows.slice(0, 20).map((row) => (
            <li key={`${row.row}-${row.column}-${row.key}`}>
              {row.row !== undefined && `${t("app.row", { row: row.row })} `}
              {row.column && `${row.column}: `}
              {t(`errors.${row.key}`, { value: row.value, defaultValue: row.message ?? row.key })}
            </li>
          ))}
        </ul>
      )}
      {error instanceof ApiError && <Text className="dim code">{error.key}</Text>}
      {onRetry && (
        <Button size="xs" variant="default" mt="xs" onClick={onRetry}>
          {t("app.retry")}
        </Button>
      )}
    </Alert>
  );
}

export function Loading({ label }: { label?: string }) {
  const { t } = useTranslation();
  return (
    <Group className="state" gap="sm" role="status">
      <Loader size="sm" color="gray" />
      <Text className="dim">{label ?? t("app.loading")}</Text>
    </Group>
  );
}

export function Empty({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <Stack className="state" gap={4} align="center">
      <Text fw={600}>{title}</Text>
      {hint && <Text className="dim">{hint}</Text>}
      {children}
    </Stack>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: Error | null;
  isLoading: boolean;
  refetch: () => unknown;
}

/** Shows what is there even while a refetch fails; says so above it. */
export function Answer<T>({
  query,
  children,
  label,
}: {
  query: Asked<T>;
  children: (data: T) => ReactNode;
  label?: string;
}) {
  if (query.data === undefined) {
    if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
    return <Loading {...(label ? { label } : {})} />;
  }
  return (
    <>
      {query.error && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {children(query.data)}
    </>
  );
}
