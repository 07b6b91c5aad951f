import { groups } from "./load-config.ts";
import type { Setting, Settings } from "./setting.ts";

/** The manual's tables of all variables, as Markdown. */
export function referenceTables(): string {
  const [main] = groups;
  return groups
    .map(({ prefix, title, settings }) => {
      const same = settings === main.settings && prefix !== main.prefix;
      const body = same
        ? `All that \`${main.prefix}…\` has, as \`${prefix}URL\`, \`${prefix}HOST\` and so on.`
        : table(prefix, settings);
      return `#### ${title}: \`${prefix}…\`\n\n${body}`;
    })
    .join("\n\n");
}

/** A file to start from: every variable, with its default or an example, those that may be missing as comments. */
export function exampleEnvironment(): string {
  const head =
    "# Every variable that loadConfig() reads; written by `npm run docs`. Copy to .env and change.\n" +
    "# A secret X can be read from a file instead: X_FILE=/run/secrets/x\n";
  const parts = groups.map(
    ({ prefix, title, settings }) =>
      `# ${title}\n${entries(settings)
        .map(([key, setting]) => exampleLine(prefix + key, setting, prefix === "DATABASE_" && key === "URL"))
        .join("\n")}\n`,
  );
  return [head, ...parts].join("\n");
}

const entries = (settings: Settings): [string, Setting<unknown>][] => Object.entries(settings);

function table(prefix: string, settings: Settings): string {
  const rows = entries(settings).map(([key, setting]) => [
    `\`${prefix}${key}\`${setting.secret ? " (secret)" : ""}`,
    setting.accepts,
    setting.default === undefined ? "" : `\`${setting.default}\``,
    setting.description,
  ]);
  const head = ["variable", "value", "default", "what"];
  // Aligned as the project's formatter has it.
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[], fill: string) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(" | ")} |`;
  const lines = [line(head, " "), line(["", "", "", ""], "-"), ...rows.map((cells) => line(cells, " "))];
  return lines.join("\n");
}

function exampleLine(
  name: string,
  { example, default: value, description }: Setting<unknown>,
  isSet: boolean,
): string {
  const text = description.replaceAll("`", "");
  return `# ${text}\n${isSet ? "" : "#"}${name}=${example ?? value ?? ""}`;
}
