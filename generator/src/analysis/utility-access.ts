import { privilegesOfCopy } from "../infer/privileges.ts";
import type { ObjectPrivilege, Privilege, TablePrivilege } from "../model/query.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import type { Engine } from "../postgres/engine.ts";
import type { RawStatement } from "../postgres/raw-parse.ts";
import { kindAndTree, namesOf, nodesOf, type RawNode, type RawTrees } from "../postgres/raw-tree.ts";
import { quoteIdentifier, quoteLiteral } from "../sql/quoting.ts";

type RangeVar = RawTrees["RangeVar"];

/** What a statement that has no analysed tree works on. */
export interface UtilityAccess {
  /** `schema.name`, sorted. */
  readonly relations: readonly string[];
  readonly privileges: readonly Privilege[];
}

/** A relation that is there, as the statement's search path finds it. */
interface Named {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

type Kind = TablePrivilege["kind"];

/** Says which rights TRUNCATE, LOCK, REFRESH, COPY, CALL and the maintaining commands need; of others nothing is known. */
export async function utilityAccess(
  raw: RawStatement,
  engine: Engine,
  catalog: CatalogReader,
): Promise<UtilityAccess> {
  switch (raw.kind) {
    case "TruncateStmt": {
      const named = await resolve(nodesOf(raw.tree.relations, "RangeVar"), engine);
      const all = raw.tree.behavior === "DROP_CASCADE" ? await withReferring(named, engine) : named;
      // Only a sequence's owner may set it back.
      const own = raw.tree.restart_seqs ? rightsOn(all, "own") : [];
      return accessOf(all, [...rightsOn(all, "truncate"), ...own]);
    }
    case "LockStmt": {
      const named = await resolve(nodesOf(raw.tree.relations, "RangeVar"), engine);
      return accessOf(named, rightsOn(named, lockKind(raw.tree.mode ?? 0)));
    }
    case "RefreshMatViewStmt": {
      const named = await resolve([raw.tree.relation], engine);
      return accessOf(named, rightsOn(named, "maintain"));
    }
    case "ClusterStmt":
    case "ReindexStmt": {
      const named = await resolve([raw.tree.relation], engine);
      return accessOf(named, rightsOn(named, "maintain"));
    }
    case "VacuumStmt": {
      const ranges = nodesOf(raw.tree.rels, "VacuumRelation").map(({ relation }) => relation);
      const named = await resolve(ranges, engine);
      return accessOf(named, rightsOn(named, "maintain"));
    }
    case "CopyStmt": {
      const named = await resolve([raw.tree.relation], engine);
      await catalog.ensureRelations(named.map(({ oid }) => oid));
      const written = namesOf(raw.tree.attlist);
      const privileges = named.map(({ oid, schema, name: table }): TablePrivilege => {
        const all = [...(catalog.relation(oid)?.columns.values() ?? [])].filter((c) => c.generated === null);
        const columns = (written.length > 0 ? written : all.map((column) => column.name)).toSorted();
        return { kind: raw.tree.is_from ? "insert" : "select", schema, table, columns };
      });
      const stored = raw.tree.is_from
        ? named.flatMap(({ oid }, i) => {
            const relation = catalog.relation(oid);
            return relation ? privilegesOfCopy(relation, privileges[i]!.columns, catalog) : [];
          })
        : [];
      return accessOf(named, [...privileges, ...stored, ...filesOf(raw.tree)]);
    }
    case "CheckPointStmt":
      return { relations: [], privileges: [{ kind: "membership in", object: "pg_checkpoint" }] };
    case "CallStmt":
      return {
        relations: [],
        privileges: await proceduresNamed(raw.tree.funccall?.funcname, engine, catalog),
      };
    case "ExplainStmt": {
      const explained = raw.tree.query === undefined ? null : kindAndTree(raw.tree.query);
      return explained === null ? NOTHING : utilityAccess({ ...raw, ...explained }, engine, catalog);
    }
    default:
      return NOTHING;
  }
}

/** Gives what COPY asks for where it reads or writes a file of the server's, or starts a program. */
function filesOf({ filename, is_program, is_from }: RawTrees["CopyStmt"]): ObjectPrivilege[] {
  if (filename === undefined) return [];
  const role = is_program
    ? "pg_execute_server_program"
    : is_from
      ? "pg_read_server_files"
      : "pg_write_server_files";
  return [{ kind: "membership in", object: role }];
}

const NOTHING: UtilityAccess = { relations: [], privileges: [] };

function accessOf(named: readonly Named[], privileges: readonly Privilege[]): UtilityAccess {
  return { relations: named.map(({ schema, name }) => `${schema}.${name}`).toSorted(), privileges };
}

const rightsOn = (named: readonly Named[], kind: Kind): TablePrivilege[] =>
  named.map(({ schema, name }) => ({ kind, schema, table: name, columns: [] }));

/** The modes are numbered from ACCESS SHARE on. */
function lockKind(mode: number): Kind {
  if (mode <= 1) return "lock access share";
  return mode <= 3 ? "lock row exclusive" : "lock";
}

async function resolve(ranges: readonly (RangeVar | undefined)[], engine: Engine): Promise<Named[]> {
  const names = ranges.flatMap((range) =>
    range?.relname === undefined
      ? []
      : [
          [range.schemaname, range.relname]
            .filter((part) => part !== undefined)
            .map(quoteIdentifier)
            .join("."),
        ],
  );
  if (names.length === 0) return [];
  const list = names.map((name) => `to_regclass(${quoteLiteral(name)})`).join(", ");
  // An index stands for its table.
  return namedBy(
    `select coalesce(i.indrelid, r) as oid from unnest(array[${list}]::oid[]) r left join pg_index i on i.indexrelid = r`,
    engine,
  );
}

/** The tables whose foreign keys refer to them, and so on. */
function withReferring(named: readonly Named[], engine: Engine): Promise<Named[]> {
  const oids = named.map(({ oid }) => oid).join(", ");
  if (oids === "") return Promise.resolve([]);
  return namedBy(
    `with recursive reached(oid) as (
       select unnest(array[${oids}]::oid[])
       union select c.conrelid from pg_constraint c join reached r on c.confrelid = r.oid where c.contype = 'f')
     select oid from reached`,
    engine,
  );
}

async function namedBy(oids: string, engine: Engine): Promise<Named[]> {
  const rows = await engine.run(
    `select distinct c.oid::int8::text as oid, n.nspname::text as schema, c.relname::text as name
     from (${oids}) o join pg_class c on c.oid = o.oid join pg_namespace n on n.oid = c.relnamespace order by 2, 3`,
  );
  return rows.map(({ oid, schema, name }) => ({
    oid: Number(oid),
    schema: String(schema),
    name: String(name),
  }));
}

/** The right to call, where not just anyone may; of a name that several have, each. */
async function proceduresNamed(
  written: readonly RawNode[] | undefined,
  engine: Engine,
  catalog: CatalogReader,
): Promise<ObjectPrivilege[]> {
  const name = namesOf(written).at(-1);
  if (name === undefined) return [];
  const rows = await engine.run(
    `select oid::int8::text as oid from pg_proc where prokind = 'p' and proname = ${quoteLiteral(name)}`,
  );
  const oids = rows.map(({ oid }) => Number(oid));
  await catalog.ensureFunctions(oids);
  return oids.flatMap((oid): ObjectPrivilege[] => {
    const called = catalog.function(oid);
    if (called === undefined || called.builtIn) return [];
    const usage = { kind: "usage on schema", object: quoteIdentifier(called.schema) } as const;
    const { restricted: object } = called;
    return object === null ? [usage] : [usage, { kind: "execute on procedure", object }];
  });
}
