import type { RangeVar } from "libpg-query";
import { nodeOf, type RawTree } from "../../postgres/raw-tree.ts";
import type { Effects, RoutineGone, TableRef, TablesBefore, Work } from "./checked.ts";
import { type Parts, partsBetween } from "./parts.ts";
import type { Moment, RelationSeen } from "./relations.ts";

export const NO_EFFECTS: Effects = {
  locks: [],
  work: [],
  gone: [],
  routines: [],
  parts: [],
  lockTimeout: "0",
  statementTimeout: "0",
  error: null,
};

/** Gives what lies between two looks at the session, with what PostgreSQL said (at the level DEBUG1) on the way. */
export function effectsBetween(
  before: Moment,
  after: Moment,
  notices: readonly string[],
  statement: RawTree,
  tables: TablesBefore,
  isNew: (oid: number) => boolean,
  parts: { readonly before: Parts; readonly after: Parts } | null,
  routines: readonly RoutineGone[],
): Effects {
  const ref = (oid: number): TableRef | null => {
    const seen = before.relations.get(oid) ?? after.relations.get(oid);
    return seen ? toRef(seen, isNew) : null;
  };
  const heldBefore = new Set(before.locks.map(({ oid, mode }) => `${oid} ${mode}`));
  const locks = after.locks.flatMap(({ oid, mode }) => {
    const table = ref(oid);
    return table ? [{ table, mode, taken: !heldBefore.has(`${oid} ${mode}`) }] : [];
  });
  const locked = locks.map(({ table }) => table);
  // Emptying a table makes its files anew, which costs nothing.
  const work = statement.kind === "TruncateStmt" ? [] : workDone();
  return {
    locks,
    work,
    gone: [...before.relations.values()]
      .filter(({ oid }) => !after.relations.has(oid))
      .map((relation) => toRef(relation, isNew)),
    routines,
    parts: parts === null ? [] : partsBetween(parts.before, parts.after, ref),
    lockTimeout: after.lockTimeout,
    statementTimeout: after.statementTimeout,
    error: null,
  };

  function workDone(): Work[] {
    const found: Work[] = [];
    const add = (item: Work): void => {
      const isKnown = found.some(
        (w) => w.kind === item.kind && w.table.oid === item.table.oid && w.index === item.index,
      );
      if (!isKnown) found.push(item);
    };
    const named = (name: string): TableRef | undefined => locked.find((table) => table.name === name);
    for (const [oid, relation] of after.relations) {
      const file = before.relations.get(oid)?.file;
      if (file != null && relation.file !== null && relation.file !== file) {
        add({ kind: "rewrite", table: toRef(relation, isNew) });
      }
    }
    const isRewritten = (table: TableRef): boolean =>
      found.some((w) => w.kind === "rewrite" && w.table.oid === table.oid);
    for (const notice of notices) {
      const build = /^building index "(.+?)" on table "(.+)" /.exec(notice);
      const scan = /^verifying table "(.+)"/.exec(notice);
      const table = named((build?.[2] ?? scan?.[1] ?? "") as string);
      if (build && table && !isRewritten(table)) add({ kind: "index build", table, index: build[1]! });
      if (scan && table && !isRewritten(table)) add({ kind: "scan", table });
      if (/^validating foreign key constraint /.test(notice)) {
        const own = tables.get(relationOf(statement));
        if (own) add({ kind: "foreign key check", table: own });
      }
    }
    const rest = defaultBeside(statement, tables);
    // Of this reading nothing is said; only that it is left out.
    const isSpared = notices.some((one) => /^updated partition constraint for default partition /.test(one));
    const read = rest === null || isSpared ? null : ref(rest);
    if (read !== null) add({ kind: "scan", table: read });
    return found;
  }
}

/** The default partition that is searched for rows of a partition that is made beside it. */
function defaultBeside({ kind, tree }: RawTree, tables: TablesBefore): number | null {
  if (kind !== "CreateStmt" || tree.partbound === undefined || tree.partbound.is_default) return null;
  return tables.get(nodeOf(tree.inhRelations?.[0], "RangeVar"))?.defaultPartition ?? null;
}

function toRef({ oid, schema, name, kind }: RelationSeen, isNew: (oid: number) => boolean): TableRef {
  return { oid, schema, name, kind, isNew: isNew(oid) };
}

/** The one that the statement changes. */
function relationOf({ kind, tree }: RawTree): RangeVar | undefined {
  return kind === "AlterTableStmt" ? tree.relation : undefined;
}
