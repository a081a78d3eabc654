// One of a few, all of them in sight.

import { SegmentedControl } from "@mantine/core";
import { useId } from "react";

interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  hint?: string;
  onChange: (value: T) => void;
  testId?: string;
}

export function ChoiceField<T extends string>({ label, value, options, hint, onChange, testId }: Props<T>) {
  const id = useId();
  return (
    <div className="field-span">
      <span className="field-label" id={id}>
        {label}
      </span>
      <SegmentedControl
        aria-labelledby={id}
        value={value}
        onChange={onChange}
        data={[...options]}
        data-testid={testId}
      />
      {hint && <span className="field-hint">{hint}</span>}
    </div>
  );
}
