import type { Rehearsal } from "./model.ts";
import {
  headline,
  inWords,
  keepsOff,
  NOT_ALL_SEEN,
  rank,
  seconds,
  short,
  telling,
  waitedInWords,
} from "./picture.ts";

const WIDTH = 60;

/** For a terminal: the timeline in characters, and the figures beside it. */
export function renderRehearsal(rehearsal: Rehearsal): string {
  const { duration, statements, locks, queries, executions, untried, rows, fewer, leftOut, rate, server } =
    rehearsal;
  const { role, asOwner } = rehearsal;
  const cell = (time: number): number =>
    Math.min(WIDTH - 1, Math.floor((time / Math.max(duration, 1)) * WIDTH));
  const lane = (marks: readonly (readonly [from: number, to: number, mark: string])[]): string => {
    const cells = Array.from({ length: WIDTH }, () => " ");
    for (const [from, to, mark] of marks) for (let i = cell(from); i <= cell(to); i++) cells[i] = mark;
    return `│${cells.join("")}│`;
  };
  const counts = Object.entries(rows);
  const total = counts.reduce((sum, [, n]) => sum + n, 0);
  const lines = [
    headline(rehearsal),
    `  PostgreSQL ${server}, ${total} ${total === 1 ? "row" : "rows"} in ${counts.length} ${counts.length === 1 ? "table" : "tables"}, ${rate} queries a second${role === null ? "" : ` as ${role}`}; ${seconds(duration)} from left to right`,
    "",
    ...statements.map(
      ({ sql, from, to, error }) =>
        `  ${lane([[from, to, error === null ? "█" : "✘"]])} ${short(sql)} (${seconds(to - from)})${error === null ? "" : `: ${error}`}`,
    ),
    ...byRelation(locks).map(
      ([relation, own]) =>
        `  ${lane(own.map(({ from, to, granted, mode }) => [from, to, !granted ? "…" : keepsOff(mode) === "everybody" ? "█" : "▒"]))} ${relation}: ${own
          .map(
            ({ mode, granted, from, to }) =>
              `${granted ? "" : "waits for "}${inWords(mode)} ${seconds(to - from)}`,
          )
          .join(", ")}`,
    ),
    ...queries.map((query) => {
      const own = executions.filter((one) => one.query === query.name).sort((a, b) => rank(a) - rank(b));
      const blocked =
        query.blockedRuns === 0 ? "" : `, ${waitedInWords(query)}, ${seconds(query.blockedLongest)} at most`;
      const failed = query.failed === 0 ? "" : `, ${query.failed} failed: ${query.error}`;
      return `  ${lane(own.map((one) => [one.from, one.to, MARKS[rank(one)]!]))} ${query.name}: ${query.runs} sent, usually ${seconds(query.usual)}${blocked}${failed}`;
    }),
    ...statements.flatMap(({ sql, locksSeen }) =>
      locksSeen === "all" ? [] : [`  ${short(sql)}: ${NOT_ALL_SEEN}`],
    ),
    ...leftOut.map(({ sql, why }) => `  not run: ${short(sql)}: ${why}`),
    ...fewer.map(
      ({ table, rows: n, why }) =>
        `  fewer rows than asked for: ${table} has ${n}: ${why ?? "its keys leave room for no more"}`,
    ),
    ...untried.map(({ name, error }) => `  not sent: ${name}: ${error}`),
    ...asOwner.map(({ name, error }) => `  sent as the owner of the tables: ${name}: ${error}`),
    "  · a query  ░ no connection was free  ▒ waited for a lock, or a lock that keeps off writers  █ a lock that keeps off everybody  ✘ failed",
  ];
  return `${lines.join("\n")}\n`;
}

const MARKS = ["·", "░", "▒", "✘"] as const;

function byRelation(locks: Rehearsal["locks"]): [string, Rehearsal["locks"]][] {
  const all = telling(locks);
  return [...new Set(all.map(({ relation }) => relation))].map((relation) => [
    relation,
    all.filter((lock) => lock.relation === relation),
  ]);
}
