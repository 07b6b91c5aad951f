import { styleText } from "node:util";

/** A unified diff in the colors that git gives it. */
export function paintDiff(diff: string): string {
  return diff
    .split("\n")
    .map((line) => {
      if (line.startsWith("--- ") || line.startsWith("+++ ")) return styleText("bold", line);
      if (line.startsWith("@@")) return styleText("cyan", line);
      if (line.startsWith("+")) return styleText("green", line);
      return line.startsWith("-") ? styleText("red", line) : line;
    })
    .join("\n");
}
