import { describeOptions } from "../../config/options/rules.ts";
import { COLUMN_RULES, MIGRATION_RULES, QUERY_RULES } from "./registry.ts";
import type { Rule } from "./rule.ts";

export interface Examples {
  readonly bad: string;
  readonly good: string;
}

/** The page of a rule, in Markdown; without examples where they are not at hand. */
export function rulePage(
  { code, severity, summary, why, mend, alike = [] }: Rule,
  examples: Examples | null,
): string {
  const block = (title: string, sql: string): string => `## ${title}\n\n\`\`\`sql\n${sql.trim()}\n\`\`\`\n\n`;
  const isOff =
    severity === "off" ? "`off`: switch it on with `vet.rules` in the configuration" : `\`${severity}\``;
  return `# ${code}

${capital(summary)}.

Default severity: ${isOff}.

## Why

${why}

${examples ? block("Bad", examples.bad) + block("Good", examples.good) : ""}## How to mend it

${mend}
${optionsSection(code)}
To overlook it in one place, write above the statement:

\`\`\`sql
-- solitude-gen-ignore ${code} <the reason>
\`\`\`
${alike.length > 0 ? `\nLike: ${alike.join("; ")}.\n` : ""}`;
}

/** Gives what the configuration can tell the rule. */
function optionsSection(code: string): string {
  const options = describeOptions(code);
  if (options.length === 0) return "";
  const rows = options.map(({ name, description, default: value }) => {
    const shown = value === undefined ? "none" : `\`${JSON.stringify(value)}\``;
    return `- \`${name}\` (default: ${shown}): ${description}\n`;
  });
  return `\n## Options\n\nIn the configuration, \`vet.rules.${code}\` may be an object with \`severity\` and:\n\n${rows.join("")}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The list of all rules, in Markdown. */
export function rulesIndex(): string {
  const list = (rules: readonly Rule[]): string =>
    rules
      .map(({ code, severity, summary }) => `- [${code}](${code}.md) (${severity}): ${summary}\n`)
      .join("");
  return `# What \`solitude-gen vet\` looks for

Each page says why, shows a bad and a good example (which are the rule's tests), and how to mend what is found.

## In queries

${list(QUERY_RULES)}
## In migrations

A table is "in use" when it was there before the migration. What the rules say of locks, rewrites and scans was seen
while the migration ran in a PostgreSQL of its own, statement by statement.

${list(MIGRATION_RULES)}
## In columns

What all queries together say of the schema's columns.

${list(COLUMN_RULES)}`;
}
