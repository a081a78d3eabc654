// A form whose one button does one act: what went wrong stands above the button, and nothing is sent that is not whole.

import { Button, type ButtonProps } from "@mantine/core";
import type { ReactNode } from "react";
import { Failure } from "./states";

interface Act {
  error: Error | null;
  isPending: boolean;
  mutate: () => void;
}

interface Props {
  act: Act;
  label: string;
  isComplete: boolean;
  /** `form-grid`: fields in two columns with the button below; `inline-form`: one line that ends with it; `stack`. */
  className: string;
  children: ReactNode;
  /** What the act brought about. */
  done?: ReactNode;
  button?: ButtonProps;
  testId?: string;
  buttonTestId?: string;
}

export function ActForm(props: Props) {
  const { act, label, isComplete, className, children, done, button, testId, buttonTestId } = props;
  const isInline = className.includes("inline-form");
  const submit = (
    <Button
      type="submit"
      disabled={!isComplete}
      loading={act.isPending}
      data-testid={buttonTestId}
      {...button}
    >
      {label}
    </Button>
  );
  const failure = act.error && <Failure error={act.error} />;
  const form = (
    <form
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        // Enter submits although the button is dead.
        if (isComplete && !act.isPending) act.mutate();
      }}
      data-testid={testId}
    >
      {children}
      {isInline ? (
        submit
      ) : (
        <div className="form-wide act-end">
          {failure}
          {done}
          {submit}
        </div>
      )}
    </form>
  );
  if (!isInline) return form;
  return (
    <>
      {form}
      {failure}
      {done}
    </>
  );
}
