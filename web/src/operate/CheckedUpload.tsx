// A file in two looks: first what would become of it, then, when a person says so, it is taken in.

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { DropFile } from "../app/DropFile";
import { Failure } from "../app/states";
import { UploadProgress } from "./UploadProgress";
import { upload } from "./upload";

interface Words<Report> {
  drop: string;
  dropHint: string;
  checking: string;
  taking: string;
  checked: (name: string) => string;
  checkedHint: string;
  take: (due: number) => string;
  /** What stands where it was taken. */
  taken: (report: Report, name: string) => ReactNode;
}

interface Props<Report> {
  accept: string;
  /** Bytes. */
  limit: number;
  /** Where the file goes, for a look or for good. */
  pathOf: (file: File, isDryRun: boolean) => string;
  /** How many rows a person would take in; none: there is nothing to take. */
  dueOf: (report: Report) => number;
  /** Queries that know less once the file was taken. */
  refreshes: string[];
  words: Words<Report>;
  show: (report: Report, name: string) => ReactNode;
  size?: "sm" | "md";
  fileTestId: string;
  takeTestId: string;
}

export function CheckedUpload<Report>(props: Props<Report>) {
  const { accept, limit, pathOf, dueOf, refreshes, words, show, size = "sm", fileTestId, takeTestId } = props;
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState(0);
  const send = (chosen: File, isDryRun: boolean) => {
    setShare(0);
    return upload<Report>(pathOf(chosen, isDryRun), chosen, setShare);
  };
  const check = useMutation({ mutationFn: (chosen: File) => send(chosen, true) });
  const take = useMutation({
    mutationFn: (chosen: File) => send(chosen, false),
    onSuccess: () => {
      for (const name of refreshes) void client.invalidateQueries({ queryKey: [name] });
    },
  });
  const isBusy = check.isPending || take.isPending;
  const report = take.data ?? check.data;
  const error = take.error ?? check.error;
  const due = check.data ? dueOf(check.data) : 0;
  return (
    <>
      <DropFile
        accept={accept}
        label={words.drop}
        hint={words.dropHint}
        limit={limit}
        isBusy={isBusy}
        onFile={(chosen) => {
          setFile(chosen);
          take.reset();
          check.mutate(chosen);
        }}
        testId={fileTestId}
      />
      {isBusy && <UploadProgress share={share} working={check.isPending ? words.checking : words.taking} />}
      {error && <Failure error={error} />}
      {file && report && !check.isPending && (
        <>
          {take.data ? (
            words.taken(take.data, file.name)
          ) : (
            <p role="status">
              <strong>{words.checked(file.name)}</strong> {words.checkedHint}
            </p>
          )}
          {show(report, file.name)}
          {check.data && !take.data && (
            <Button
              className="start"
              size={size}
              disabled={due === 0}
              loading={take.isPending}
              onClick={() => take.mutate(file)}
              data-testid={takeTestId}
            >
              {words.take(due)}
            </Button>
          )}
        </>
      )}
    </>
  );
}
