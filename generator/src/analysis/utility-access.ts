import { type Asked, privilegesOfCall, privilegesOfCopy } from "../infer/privileges.ts";
import type { ObjectPrivilege, Privilege, TablePrivilege } from "../model/query.ts";
import type { CatalogReader } from "../postgres/catalog-reader.ts";
import { type Engine, PostgresError } from "../postgres/engine.ts";
import type { RawStatement } from "../postgres/raw-parse.ts";
import { kindAndTree, namesOf, nodesOf, type RawTrees } from "../postgres/raw-tree.ts";
import { quoteIdentifier, quoteLiteral } from "../sql/quoting.ts";
import { innerStatement } from "./inner-statement.ts";

type RangeVar = RawTrees["RangeVar"];

/** What a statement that has no analysed tree works on. */
export interface UtilityAccess extends Asked {
  /** `schema.name`, sorted. */
  readonly relations: readonly string[];
}

/** A relation that is there, as the statement's search path finds it. */
interface Named {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

type Kind = TablePrivilege["kind"];

/**
 * Says which rights TRUNCATE, LOCK, REFRESH, COPY, CALL and the maintaining commands need, and those that plan another statement; of others nothing is known.
 * @param accessOfQuery says it of a statement that has an analysed tree; nothing where that is refused
 */
export async function utilityAccess(
  raw: RawStatement,
  text: string,
  engine: Engine,
  catalog: CatalogReader,
  accessOfQuery: (text: string) => Promise<UtilityAccess>,
): Promise<UtilityAccess> {
  const within = async (): Promise<UtilityAccess> => {
    const inner = innerStatement(raw.kind, text);
    return inner === null ? NOTHING : accessOfQuery(inner);
  };
  switch (raw.kind) {
    case "TruncateStmt": {
      const named = await resolve(nodesOf(raw.tree.relations, "RangeVar"), engine);
      const all = raw.tree.behavior === "DROP_CASCADE" ? await withReferring(named, engine) : named;
      // Only a sequence's owner may set it back.
      const own = raw.tree.restart_seqs ? rightsOn(await withSequences(all, engine), "own") : [];
      return accessOf(all, [...rightsOn(all, "truncate"), ...own]);
    }
    case "LockStmt": {
      const named = await resolve(nodesOf(raw.tree.relations, "RangeVar"), engine);
      const all = await withBelow(named, engine);
      return accessOf(named, rightsOn(all, lockKind(raw.tree.mode ?? 0)));
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
            return relation ? [privilegesOfCopy(relation, privileges[i]!.columns, catalog)] : [];
          })
        : [];
      return {
        relations: namesOfAll(named),
        ...joined([{ privileges }, ...stored, { privileges: filesOf(raw.tree) }]),
      };
    }
    case "CheckPointStmt":
      return { relations: [], privileges: [{ kind: "membership in", object: "pg_checkpoint" }] };
    case "VariableSetStmt": {
      const isOther = raw.tree.name === "session_authorization" && raw.tree.kind === "VAR_SET_VALUE";
      return isOther
        ? { relations: [], privileges: [{ kind: "membership in", object: "those that are superusers" }] }
        : NOTHING;
    }
    case "CallStmt": {
      const { relations, ...asked } = await within();
      const called = await proceduresCalled(raw.tree.funccall, text, engine, catalog);
      return { relations, ...joined([asked, ...called]) };
    }
    case "ExplainStmt": {
      const explained = raw.tree.query === undefined ? null : kindAndTree(raw.tree.query);
      const inner = innerStatement(raw.kind, text);
      if (explained === null || inner === null) return NOTHING;
      const isPlanned = /^(?:Select|Insert|Update|Delete|Merge)Stmt$/.test(explained.kind);
      return isPlanned
        ? accessOfQuery(inner)
        : utilityAccess({ ...raw, ...explained }, inner, engine, catalog, accessOfQuery);
    }
    case "CreateTableAsStmt":
    case "DeclareCursorStmt":
    case "PrepareStmt":
      return within();
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
  return { relations: namesOfAll(named), privileges };
}

const namesOfAll = (named: readonly Named[]): string[] =>
  named.map(({ schema, name }) => `${schema}.${name}`).toSorted();

function joined(all: readonly Asked[]): Asked {
  const within = all.flatMap(({ privilegesWithin = [] }) => privilegesWithin);
  return {
    privileges: all.flatMap(({ privileges }) => privileges),
    ...(within.length > 0 && { privilegesWithin: within }),
  };
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

/** Those of the tables whose columns own sequences. */
function withSequences(named: readonly Named[], engine: Engine): Promise<Named[]> {
  const oids = named.map(({ oid }) => oid).join(", ");
  if (oids === "") return Promise.resolve([]);
  return namedBy(
    `select d.refobjid as oid from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
     where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjid in (${oids})`,
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

/** Locking a view locks what is below it, with the rights of its owner; with those of who asks where it is `security_invoker`. */
function withBelow(named: readonly Named[], engine: Engine): Promise<Named[]> {
  const oids = named.map(({ oid }) => oid).join(", ");
  if (oids === "") return Promise.resolve([]);
  return namedBy(
    `with recursive locked(oid, asked) as (
       select unnest(array[${oids}]::oid[]), true
       union select d.refobjid, coalesce((select o.option_value::boolean from pg_options_to_table(v.reloptions) o where o.option_name = 'security_invoker'), false)
         from locked l join pg_class v on v.oid = l.oid and v.relkind = 'v' join pg_rewrite r on r.ev_class = v.oid and r.rulename = '_RETURN'
         join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> v.oid)
     select oid from locked where asked`,
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

/** The right to call, where not just anyone may, and what the defaults of arguments call; where several may be meant, that of each. */
async function proceduresCalled(
  call: RawTrees["CallStmt"]["funccall"],
  text: string,
  engine: Engine,
  catalog: CatalogReader,
): Promise<Asked[]> {
  const [name, schema] = namesOf(call?.funcname).toReversed();
  if (name === undefined) return [];
  const where =
    schema === undefined ? "pg_function_is_visible(p.oid)" : `n.nspname = ${quoteLiteral(schema)}`;
  const rows = await engine.run(
    `select p.oid::int8::text as oid, p.pronargdefaults::int4 as fallbacks, coalesce(p.proallargtypes, p.proargtypes::oid[])::int8[]::text[] as types, p.provariadic <> 0 as variadic
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prokind = 'p' and p.proname = ${quoteLiteral(name)} and ${where}`,
  );
  const count = call?.args?.length ?? 0;
  const fitting = rows
    .map(({ oid, fallbacks, types, variadic }) => ({
      oid: Number(oid),
      fewest: (types as string[]).length - Number(fallbacks),
      types: (types as string[]).map(Number),
      isVariadic: variadic === true || variadic === "t",
    }))
    .filter(({ types, fewest, isVariadic }) => isVariadic || (count >= fewest && count <= types.length));
  const given = fitting.length > 1 ? await typesOfArguments(text, engine) : [];
  const same = fitting.filter(({ types }) => given.every((type, i) => type === types[i]));
  const meant = given.length > 0 && same.length > 0 ? same : fitting;
  await catalog.ensureCalled(meant.map(({ oid }) => oid));
  await catalog.ensureTypes(meant.flatMap(({ types }) => types));
  return meant.flatMap(({ oid, types }): Asked[] => {
    const called = catalog.function(oid);
    if (called === undefined || called.builtIn) return [];
    const { restricted, restrictedByDefaults } = called;
    const privileges: Privilege[] = [
      { kind: "usage on schema", object: quoteIdentifier(called.schema) },
      ...(restricted === null ? [] : [{ kind: "execute on procedure" as const, object: restricted }]),
      ...(count < types.length ? restrictedByDefaults : []).map((object) => ({
        kind: "execute on function" as const,
        object,
      })),
    ];
    return [{ privileges }, privilegesOfCall(oid, types, catalog)];
  });
}

/** The types of a call's arguments; nothing where PostgreSQL does not take them by themselves. */
async function typesOfArguments(text: string, engine: Engine): Promise<readonly number[]> {
  const query = innerStatement("CallStmt", text);
  if (query === null) return [];
  try {
    return (await engine.describe(query, { tree: false })).columns.map(({ type }) => type);
  } catch (error) {
    if (error instanceof PostgresError) return [];
    throw error;
  }
}
