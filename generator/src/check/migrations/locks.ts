import type { CheckedStatement, HeldLock, LockMode, TableRef } from "./checked.ts";

const SHOWN: Readonly<Record<LockMode, string>> = {
  AccessShareLock: "ACCESS SHARE",
  RowShareLock: "ROW SHARE",
  RowExclusiveLock: "ROW EXCLUSIVE",
  ShareUpdateExclusiveLock: "SHARE UPDATE EXCLUSIVE",
  ShareLock: "SHARE",
  ShareRowExclusiveLock: "SHARE ROW EXCLUSIVE",
  ExclusiveLock: "EXCLUSIVE",
  AccessExclusiveLock: "ACCESS EXCLUSIVE",
};
const STRENGTH = Object.keys(SHOWN) as LockMode[];

export function isLockMode(mode: string): mode is LockMode {
  return mode in SHOWN;
}

/** As PostgreSQL's manual writes it. */
export function showLock(mode: LockMode): string {
  return SHOWN[mode];
}

/** Gives what other sessions cannot do while the lock is held, or null where it is in nobody's way. */
export function blocked(mode: LockMode): "reads and writes" | "writes" | null {
  if (mode === "AccessExclusiveLock") return "reads and writes";
  return STRENGTH.indexOf(mode) >= STRENGTH.indexOf("ShareLock") ? "writes" : null;
}

/** The strongest lock held on the table when the statement was done. */
export function strongestLock({ effects }: CheckedStatement, table: TableRef): LockMode | null {
  let strongest: LockMode | null = null;
  for (const lock of effects.locks) {
    if (lock.table.oid !== table.oid) continue;
    if (strongest === null || STRENGTH.indexOf(lock.mode) > STRENGTH.indexOf(strongest))
      strongest = lock.mode;
  }
  return strongest;
}

/** Locks on tables in use that stop others from writing or reading. */
export function dangerousLocks({ effects }: CheckedStatement): HeldLock[] {
  return effects.locks.filter((lock) => !lock.table.isNew && blocked(lock.mode) !== null);
}

/** ` under an ACCESS EXCLUSIVE lock, which blocks reads and writes`; empty where nobody is in the way. */
export function lockClause(statement: CheckedStatement, table: TableRef): string {
  const mode = strongestLock(statement, table);
  const stops = mode && blocked(mode);
  return mode && stops ? ` under ${article(mode)} ${showLock(mode)} lock, which blocks ${stops}` : "";
}

function article(mode: LockMode): string {
  return /^[AE]/.test(mode) ? "an" : "a";
}

export function showTable({ schema, name }: TableRef): string {
  return schema === "public" ? `"${name}"` : `"${schema}"."${name}"`;
}
