import type { PlanProof, PlanStep, RollOutPlan } from "./model.ts";

/** For a terminal: the steps, with the SQL of each and what was seen of it. */
export function renderPlan(plan: RollOutPlan): string {
  if (plan.refused !== null) return `no roll-out was found on which nothing breaks: ${plan.refused}\n`;
  const steps = plan.steps.map((step, i) => {
    const body = [
      ...proofLines(step),
      ...(step.sql === "" ? [] : step.sql.trimEnd().split("\n")),
      ...step.queries.flatMap(({ name, make, sql }) => [`-- ${name}: ${make}`, ...sql.split("\n")]),
    ];
    return `  ${i + 1}. ${step.kind}: ${step.title}\n${body.map((line) => `${`     ${line}`.trimEnd()}\n`).join("")}`;
  });
  return `the roll-out, each step tried with the queries of every version:\n${steps.join("")}${unplacedLines(plan).join("")}`;
}

/** Says what no step does: the first lines of the statements, and where they stand. */
function unplacedLines({ unplaced }: RollOutPlan): string[] {
  if (unplaced.length === 0) return [];
  const lines = unplaced.map(({ sql, span: { file } }) => `     ${file}: ${sql.split("\n")[0]!}\n`);
  return [`  ! ${UNPLACED}:\n`, ...lines];
}

const UNPLACED =
  "in no step, since no schema says when: what the migration itself does to rows and sequences";

/** For a pull request's comment: the steps, a line each, and folded below them the SQL of each with what was seen of it. */
export function planMarkdown(plan: RollOutPlan, escaped: (text: string) => string): string {
  if (plan.refused !== null)
    return `No roll-out was found on which nothing breaks: ${escaped(plan.refused)}\n\n`;
  const lines = plan.steps.map(({ kind, title }, i) => `${i + 1}. **${kind}**: ${escaped(title)}\n`);
  const steps = plan.steps.map((step, i) => {
    const code = [
      step.sql,
      ...step.queries.map(({ name, make, sql }) => `-- ${name}: ${make}\n${sql}\n`),
    ].join("");
    const shown = code.trim() === "" ? "" : `\n\n${fenced(code)}`;
    return `${i + 1}. **${step.kind}**<br>${proofLines(step).map(escaped).join("<br>")}${shown}\n`;
  });
  const unplaced = unplacedLines(plan).map((line) => escaped(line.trim()));
  const left = unplaced.length === 0 ? "" : `\n${unplaced.join("<br>")}\n`;
  return `How to roll it out, each step tried with the queries of every version:\n\n${lines.join("")}${left}\n<details><summary>The SQL of each step, and what was seen</summary>\n\n${steps.join("\n")}\n</details>\n\n`;
}

function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const lines = [`${fence}sql`, ...code.trimEnd().split("\n"), fence];
  return `${lines.map((line) => `   ${line}`.trimEnd()).join("\n")}\n`;
}

/** Says what was seen: first of the versions that run, then why the others do not; and what could not be. */
function proofLines({ proof, caution }: PlanStep): string[] {
  const seen = [...proof].sort((a, b) => Number(b.runs) - Number(a.runs)).map(proofLine);
  return caution === null ? seen : [...seen, `! ${caution}`];
}

function proofLine({ version, runs, queries, broken, toLookAt }: PlanProof): string {
  const of = `${queries} ${queries === 1 ? "query" : "queries"} of the ${NAMES[version]}`;
  const care = toLookAt === 0 ? "" : `, ${toLookAt} to look at`;
  if (broken.length === 0) return `${runs ? "✔" : "·"} ${of}: nothing breaks${care}`;
  const names = broken.map(({ query }) => query);
  const list =
    names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  return `${runs ? "✘" : "·"} ${of}${runs ? "" : ", which does not run"}: ${list} would break${care}`;
}

const NAMES = {
  deployed: "deployed version",
  both: "version in between",
  new: "new version",
} as const;
