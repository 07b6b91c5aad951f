import type { Surroundings } from "./surroundings.ts";

/** The scripts that a package.json gets. */
export const SCRIPTS = {
  "db:generate": "solitude-gen generate",
  "db:check": "solitude-gen generate --check",
} as const;

/** Gives what to run now, in order, each as it can be typed in this project. */
export function nextSteps(around: Surroundings, hasScripts: boolean): string {
  const { add, exec, run } = around.packageManager;
  const steps: (readonly [string, string])[] = [];
  if (!around.isInstalled) steps.push([`${add} solitude-gen`, "so that everybody has the same version"]);
  const { unwritten } = around.schema;
  if (unwritten !== null)
    steps.push([unwritten.isOfPackage ? `${exec} ${unwritten.command}` : unwritten.command, unwritten.why]);
  steps.push([
    `${exec} solitude-gen generate`,
    hasScripts ? `or \`${run} db:generate\`: writes ${around.out}` : `writes ${around.out}`,
  ]);
  steps.push([
    `${exec} solitude-gen generate --check`,
    hasScripts
      ? `or \`${run} db:check\`: in CI, fails where ${around.out} is stale`
      : `in CI: fails where ${around.out} is stale`,
  ]);
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, why]) => `  ${command.padEnd(width)}  # ${why}\n`).join("");
}

/** Gives what was found and how it was understood, a line each. */
export function findings({ schema, queries, queriesOf, packageManager }: Surroundings): string {
  const lines: string[] = [];
  if (schema.found !== null) {
    const whose = schema.found.tool === null ? "" : ` (${schema.found.tool})`;
    lines.push(`found ${schema.found.path}${whose}: it is the schema`);
  }
  if (schema.others.length > 0)
    lines.push(`also there: ${schema.others.join(", ")}; change \`schema:\` if it is one of those`);
  if (queries !== null) lines.push(`found ${queries}: it has the queries`);
  if (queriesOf !== null)
    lines.push(
      `found queries of ${queriesOf}: \`${packageManager.exec} solitude-gen import\` shows what becomes of them and their calls`,
    );
  return lines.map((line) => `${line}\n`).join("");
}
