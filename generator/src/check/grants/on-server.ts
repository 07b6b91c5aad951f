import type { Diagnostic } from "../../model/diagnostic.ts";
import { distinct } from "../../model/distinct.ts";
import type { ObjectPrivilege } from "../../model/query.ts";
import type { Engine } from "../../postgres/engine.ts";
import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import { functionMeant, mayDiffer, mayLackColumns } from "./other-versions.ts";
import type { Rights, TableRights } from "./rights.ts";
import { checkStanding } from "./standing.ts";

/** A right on a table, or on one of its columns, as a server may have given it. */
interface Right {
  readonly kind: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string | null;
}

/**
 * Says which rights the role does not have on the server and needs, be it by itself or by the roles that it is a member of,
 * and which it was given and does not need. Nothing is changed there.
 * @param engine the server, to be read
 */
export async function checkRights(role: string, rights: Rights, engine: Engine): Promise<Diagnostic[]> {
  const [known] = await engine.run(
    `select rolsuper as super from pg_roles where rolname = ${quoteLiteral(role)}`,
  );
  if (known === undefined) {
    const hint = `Create it, and apply what \`solitude-gen grants --role ${role}\` writes.`;
    return [problem("grants-role-missing", "error", `the server has no role ${role}`, hint)];
  }
  if (known.super === true || known.super === "t") {
    const message = `${role} is a superuser there: no right is kept from it`;
    return [
      problem("grants-needless", "warning", message, "Let the application sign in as a role that is none."),
    ];
  }
  return [
    ...(await missing(role, rights, engine)),
    ...(await needless(role, rights, engine)),
    ...(await checkStanding(role, rights, engine)),
  ];
}

function problem(code: string, severity: "error" | "warning", message: string, hint: string): Diagnostic {
  return { code, severity, message, hint };
}

const MISSING_HINT = "Apply what `solitude-gen grants` writes, after the migrations.";

async function missing(role: string, rights: Rights, engine: Engine): Promise<Diagnostic[]> {
  const lacks = await lackedBy(role, rights, engine);
  if (lacks.length === 0) return [];
  const groups = await engine.run(
    `select g.rolname::text as name from pg_roles r, pg_roles g where r.rolname = ${quoteLiteral(role)} and g.oid <> r.oid
       and pg_has_role(r.oid, g.oid, 'member') and not pg_has_role(r.oid, g.oid, 'usage') order by 1`,
  );
  const others: { readonly name: string; readonly lacks: readonly string[] }[] = [];
  for (const { name } of groups)
    others.push({ name: String(name), lacks: await lackedBy(String(name), rights, engine) });
  return lacks.map((told) => {
    const giver = others.find(({ lacks: also }) => !also.includes(told))?.name;
    const hint =
      giver === undefined
        ? MISSING_HINT
        : `${giver} has it, of which ${role} is a member without inheriting its rights.`;
    return problem("grants-missing", "error", `${role} has no right to ${told}`, hint);
  });
}

/** The rights that a role needs and has not, neither by itself nor by those that it inherits from. */
async function lackedBy(role: string, rights: Rights, engine: Engine): Promise<string[]> {
  const who = quoteLiteral(role);
  const usable = rights.usable.map((schema) => ({
    told: `usage on schema ${schema}`,
    // A schema that is not there is told by its tables.
    has: `coalesce(has_schema_privilege(${who}, to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})::oid, 'usage'), true)`,
  }));
  const objects = rights.objects.map((one) => ({
    told: `${one.kind} ${one.object}`,
    has: `coalesce(${hasObject(one, who)}, false)`,
  }));
  const onTables = rights.tables.flatMap((table) => neededOn(table, engine.version));
  return folded([
    ...(await untrueOf(usable, engine)),
    ...(await lackedOnTables(onTables, who, engine)),
    ...(await untrueOf(objects, engine)),
  ]);
}

interface Check {
  readonly told: string;
  readonly has: string;
}
async function untrueOf(checks: readonly Check[], engine: Engine): Promise<string[]> {
  if (checks.length === 0) return [];
  const rows = await engine.run(
    `select n from (values ${checks.map(({ has }, n) => `(${n}, ${has})`).join(", ")}) as asked(n, has) where not has order by n`,
  );
  return rows.map(({ n }) => checks[Number(n)]!.told);
}

/**
 * Asks for all of them at once, for there are hundreds of columns. A table or column that is not there is told as a missing right, and not as an error
 * of this statement's.
 */
async function lackedOnTables(rights: readonly Right[], who: string, engine: Engine): Promise<string[]> {
  if (rights.length === 0) return [];
  const values = rights.map(({ kind, schema, table, column }, n) => {
    const relation = quoteLiteral(`${quoteIdentifier(schema)}.${quoteIdentifier(table)}`);
    return `(${n}, ${relation}, ${column === null ? "null" : quoteLiteral(column)}, ${quoteLiteral(kind)}, ${mayLackColumns({ schema, name: table })})`;
  });
  const rows = await engine.run(`
    select asked.n from (
      select n, to_regclass(relation)::oid as relation, attribute, kind, lenient from (values ${values.join(", ")}) as rows(n, relation, attribute, kind, lenient)
    ) as asked left join pg_attribute a on a.attrelid = asked.relation and a.attname = asked.attribute and not a.attisdropped
    where not (a.attnum is null and attribute is not null and lenient) and not coalesce(case when attribute is null then has_table_privilege(${who}, relation, kind)
      else has_column_privilege(${who}, relation, a.attnum, kind) end, false)
    order by asked.n`);
  return rows.map(({ n }) => showRight(rights[Number(n)]!));
}

function hasObject(one: ObjectPrivilege, who: string): string {
  const { kind, object } = one;
  if (kind.endsWith("sequence")) {
    const right = quoteLiteral(kind.slice(0, kind.indexOf(" ")));
    return `has_sequence_privilege(${who}, to_regclass(${quoteLiteral(object)})::oid, ${right})`;
  }
  return mayDiffer(one)
    ? `(select coalesce(bool_and(has_function_privilege(${who}, p.oid, 'execute')), true) from pg_proc p where ${functionMeant(object)})`
    : `has_function_privilege(${who}, to_regprocedure(${quoteLiteral(object)})::oid, 'execute')`;
}

function neededOn(
  { schema, name, columns, whole, maintainsWherePossible }: TableRights,
  version: number,
): Right[] {
  const byColumn = Object.entries(columns).flatMap(([kind, list]) =>
    list.map((column): Right => ({ kind, schema, table: name, column })),
  );
  const isKnown = (kind: string): boolean => kind !== "maintain" || version >= 170_000;
  const all = maintainsWherePossible ? [...whole, "maintain"] : whole;
  return [
    ...byColumn,
    ...all.filter(isKnown).map((kind): Right => ({ kind, schema, table: name, column: null })),
  ];
}

/** `select (a) on t` and `select (b) on t` in one. */
function folded(told: readonly string[]): string[] {
  const columns = new Map<string, string[]>();
  for (const one of told) {
    const [, kind, column, on] = /^(\w+) \((.*)\) (on .*)$/s.exec(one) ?? [];
    const key = kind === undefined ? one : `${kind} (…) ${on}`;
    columns.set(key, [...(columns.get(key) ?? []), ...(column === undefined ? [] : [column])]);
  }
  return [...columns].map(([key, list]) =>
    list.length === 0 ? key : key.replace("(…)", `(${list.join(", ")})`),
  );
}

/** What somebody has given the role, or owns; `own` as if it were a right. */
interface Given {
  readonly schema: string;
  /** What it is a right on: a table, a sequence, the schema itself, a function with its arguments. */
  readonly name: string;
  readonly column: string | null;
  readonly kind: string;
  readonly what: "table" | "sequence" | "schema" | "function" | "procedure";
  /** By what it has that: empty for itself, a role that it inherits from, or PUBLIC. */
  readonly through: string;
}

/**
 * Gives what the role has and no query needs: what it was given or owns itself, as a member of others, or as anybody. Looking up names, and calling
 * functions, is anybody's by default; what extensions give everybody is theirs to give.
 */
async function needless(role: string, rights: Rights, engine: Engine): Promise<Diagnostic[]> {
  const given = (await engine.run(givenTo(role, rights.schemas))) as unknown as Given[];
  const needed = new Set(
    [
      ...rights.tables.flatMap((table) => neededOn(table, engine.version).map(showRight)),
      ...rights.objects.map(({ kind, object }) => `${kind} ${object}`),
      ...rights.usable.map((schema) => `usage on schema ${schema}`),
    ].map(unquoted),
  );
  // Of what the server has otherwise, all of its name is given.
  const byName = rights.objects
    .filter(mayDiffer)
    .map(({ object }) => `${unquoted(object).split("(", 1)[0]}(`);
  const isNeeded = (right: string): boolean =>
    needed.has(right) || byName.some((name) => right.startsWith(`execute on function ${name}`));
  const found: Diagnostic[] = [];
  const tell = (message: string, hint: string): void =>
    void found.push(problem("grants-needless", "warning", message, hint));
  for (const through of distinct(given.map((one) => one.through))) {
    const own = given.filter((one) => one.through === through);
    const owned = own.filter(({ kind }) => kind === "own").map((one) => show(one).slice("own on ".length));
    if (through === "")
      for (const one of owned)
        tell(`${role} owns ${one}: no right is kept from it`, "Let another role own it.");
    else if (owned.length > 0) {
      const list = owned.length > TOLD ? `${owned.slice(0, TOLD).join(", ")}, …` : owned.join(", ");
      tell(`${role} is a member of ${through}, which owns ${list}: no right is kept from it`, MEMBER_HINT);
    }
    const others = own.filter(({ kind }) => kind !== "own").map(show);
    for (const one of folded(others.filter((right) => !isNeeded(unquoted(right)))))
      if (through === "") tell(`${role} has the right to ${one}, and no query needs it`, MISSING_HINT);
      else tell(`${role} has the right to ${one} through ${through}, and no query needs it`, MEMBER_HINT);
  }
  return found;
}

/** Names that are quoted in one place and not in another one are the same. */
const unquoted = (right: string): string => right.replaceAll('"', "");

const MEMBER_HINT = "Take the right from there, or the role out of it.";
/** How many names of what is owned are told. */
const TOLD = 5;

function show({ schema, name, column, kind, what }: Given): string {
  if (what === "schema") return `${kind} on schema ${name}`;
  if (what !== "table") return `${kind} on ${what} ${schema}.${name}`;
  return showRight({ kind, schema, table: name, column });
}

const showRight = ({ kind, schema, table, column }: Right): string =>
  `${kind}${column === null ? "" : ` (${column})`} on ${schema}.${table}`;

function givenTo(role: string, schemas: readonly string[]): string {
  const within = `in (${["pg_catalog", ...schemas].map(quoteLiteral).join(", ")})`;
  const notOfExtension = (of: string, catalog: string): string =>
    `not exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = ${of}.oid and d.deptype = 'e')`;
  return `
    with giver as (
      select 0::oid as oid, 'PUBLIC' as through
      union all select r.oid, case when r.oid = self.oid then '' else r.rolname::text end
      from pg_roles self, pg_roles r where self.rolname = ${quoteLiteral(role)} and pg_has_role(self.oid, r.oid, 'usage')
    ), relation as (
      select c.*, n.nspname::text as schema, case c.relkind when 'S' then 'sequence' else 'table' end as what
      from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname ${within}
      where c.relkind in ('r', 'v', 'm', 'f', 'p', 'S') and ${notOfExtension("c", "pg_class")}
    ), routine as (
      select p.*, n.nspname::text as schema, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as signature
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname ${within} where ${notOfExtension("p", "pg_proc")}
    )
    select * from (
    select schema, relname::text as name, null as "column", lower(privilege_type) as kind, what, through
    from relation, aclexplode(relacl) join giver on giver.oid = grantee where grantee <> relowner
    union all
    select schema, relname, attname, lower(privilege_type), 'table', through
    from relation c join pg_attribute t on t.attrelid = c.oid and not attisdropped, aclexplode(attacl) join giver on giver.oid = grantee
    where grantee <> relowner
    union all
    select schema, relname, null, 'own', what, through from relation c join giver on giver.oid = relowner
    where what = 'table' or not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i') and d.refobjsubid > 0)
    union all
    select nspname, nspname, null, lower(privilege_type), 'schema', through from pg_namespace, aclexplode(nspacl) join giver on giver.oid = grantee
    where nspname ${within} and grantee <> nspowner and not (grantee = 0 and privilege_type = 'USAGE')
    union all
    select nspname, nspname, null, 'own', 'schema', through from pg_namespace join giver on giver.oid = nspowner where nspname ${within}
    union all
    select schema, signature, null, 'execute', case prokind when 'p' then 'procedure' else 'function' end, through
    from routine, aclexplode(proacl) join giver on giver.oid = grantee where grantee <> proowner and grantee <> 0
    ) as given where schema <> 'pg_catalog' or through = ''
    order by through, schema, what desc, name, kind, "column"`;
}
