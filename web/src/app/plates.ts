// Plates as people type several of them.

/** Each plate once, whatever stands between them: lines, blanks, commas of either script. */
export function platesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;\u3001\uff0c\uff1b]+/).filter((plate) => plate !== ""))];
}
