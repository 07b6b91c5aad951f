import type { CheckedStatement, Work } from "./checked.ts";
import { blocked, showLock, showTable } from "./locks.ts";

const WORK: Readonly<Record<Work["kind"], string>> = {
  rewrite: "every row is written anew:",
  scan: "every row is read:",
  "index build": "an index is built from every row:",
  "foreign key check": "every row is held against its partner:",
};

/** Gives what was seen while the statement ran: the locks on tables in use, the work that grows with them, and what went. */
export function seenOf({ effects, transaction }: CheckedStatement): string[] {
  const locks = effects.locks
    .filter(({ table }) => !table.isNew)
    .map(({ table, mode, taken }) => {
      const stops = blocked(mode);
      const until = transaction === "block" ? ", until the transaction ends" : "";
      const since = taken ? "" : ", taken by an earlier statement";
      return `${showLock(mode)} lock on ${showTable(table)}${stops === null ? "" : `, which blocks ${stops}${until}`}${since}`;
    });
  const work = effects.work.map(
    ({ kind, table, index }) =>
      `${WORK[kind]} ${showTable(table)}${index === undefined ? "" : ` (${index})`}`,
  );
  const timeout =
    locks.length === 0 ? [] : [`lock_timeout ${effects.lockTimeout === "0" ? "none" : effects.lockTimeout}`];
  const gone = effects.gone.map((table) => `gone: ${showTable(table)}`);
  const error = effects.error === null ? [] : [`PostgreSQL: ${effects.error.message}`];
  return [...locks, ...work, ...gone, ...timeout, ...error];
}
