import type { CheckedStatement, Part, PartKind } from "../migrations/checked.ts";

/** Gives what a block or function has taken from tables in use, or renamed: nothing in the statement's text says so. */
export function hiddenParts(statement: CheckedStatement, ...kinds: readonly PartKind[]): Part[] {
  const gone = hidden(statement, kinds).filter(({ became }) => became === null);
  // An index goes with its column.
  const columns = hidden(statement, ["column"]).filter(({ became }) => became === null);
  return gone.filter(
    ({ kind, table }) => kind !== "index" || columns.every((column) => column.table.oid !== table.oid),
  );
}

/** The same of what has another name now. */
export function renamedParts(statement: CheckedStatement, ...kinds: readonly PartKind[]): Part[] {
  return hidden(statement, kinds).filter(({ became }) => became !== null);
}

function hidden({ kind, effects }: CheckedStatement, kinds: readonly PartKind[]): Part[] {
  if (kind !== "DoStmt" && kind !== "CallStmt" && kind !== "SelectStmt") return [];
  return effects.parts.filter((part) => kinds.includes(part.kind) && !part.table.isNew);
}
