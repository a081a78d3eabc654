interface Props<Code extends string> {
  legend: string;
  codes: readonly Code[];
  chosen: Code | null;
  onChoose: (code: Code) => void;
  say: (code: Code) => string;
  testId: string;
}

/** A closed list on the phone: large enough for a thumb, all of it in sight. */
export function Codes<Code extends string>({ legend, codes, chosen, onChoose, say, testId }: Props<Code>) {
  return (
    <fieldset className="codes" data-testid={testId}>
      <legend>{legend}</legend>
      {codes.map((one) => (
        <button
          type="button"
          key={one}
          aria-pressed={chosen === one}
          onClick={() => onChoose(one)}
          data-testid={`${testId}-${one}`}
        >
          {say(one)}
        </button>
      ))}
    </fieldset>
  );
}
