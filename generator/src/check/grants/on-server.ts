import type { Diagnostic } from "../../model/diagnostic.ts";
import type { ObjectPrivilege } from "../../model/query.ts";
import type { Engine } from "../../postgres/engine.ts";
import { quoteIdentifier, quoteLiteral } from "../../sql/quoting.ts";
import type { Rights, TableRights } from "./rights.ts";

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
  return [...(await missing(role, rights, engine)), ...(await needless(role, rights, engine))];
}

function problem(code: string, severity: "error" | "warning", message: string, hint: string): Diagnostic {
  return { code, severity, message, hint };
}

const MISSING_HINT = "Apply what `solitude-gen grants` writes, after the migrations.";

async function missing(role: string, rights: Rights, engine: Engine): Promise<Diagnostic[]> {
  const who = quoteLiteral(role);
  const checks = [
    ...rights.schemas.map((schema) => ({
      told: `usage on schema ${schema}`,
      // A schema that is not there is told by its tables.
      has: `coalesce(has_schema_privilege(${who}, to_regnamespace(${quoteLiteral(quoteIdentifier(schema))})::oid, 'usage'), true)`,
    })),
    ...rights.tables.flatMap((table) => neededOn(table, engine.version).map((right) => askFor(right, who))),
    ...rights.objects.map(({ kind, object }) => ({
      told: `${kind} ${object}`,
      has: `coalesce(${hasObject(kind, object, who)}, false)`,
    })),
  ];
  if (checks.length === 0) return [];
  const rows = await engine.run(
    `select n from (values ${checks.map(({ has }, n) => `(${n}, ${has})`).join(", ")}) as asked(n, has) where not has order by n`,
  );
  return folded(rows.map(({ n }) => checks[Number(n)]!.told)).map((told) =>
    problem("grants-missing", "error", `${role} has no right to ${told}`, MISSING_HINT),
  );
}

function hasObject(kind: ObjectPrivilege["kind"], object: string, who: string): string {
  if (kind.endsWith("sequence")) {
    const right = quoteLiteral(kind.slice(0, kind.indexOf(" ")));
    return `has_sequence_privilege(${who}, to_regclass(${quoteLiteral(object)})::oid, ${right})`;
  }
  // Found by the words that it was named with: to_regprocedure takes no names of arguments.
  const signature =
    "quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'";
  const found = `select p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${signature} = ${quoteLiteral(object)}`;
  return `has_function_privilege(${who}, (${found}), 'execute')`;
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

function askFor({ kind, schema, table, column }: Right, who: string): { told: string; has: string } {
  const on = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  const oid = `to_regclass(${quoteLiteral(on)})::oid`;
  if (column === null)
    return {
      told: `${kind} on ${schema}.${table}`,
      has: `coalesce(has_table_privilege(${who}, ${oid}, ${quoteLiteral(kind)}), false)`,
    };
  // A column that is not there is told as a missing right, and not as an error of this statement's.
  const number = `(select attnum from pg_attribute where attrelid = ${oid} and attname = ${quoteLiteral(column)} and not attisdropped)`;
  return {
    told: `${kind} (${column}) on ${schema}.${table}`,
    has: `coalesce(has_column_privilege(${who}, ${oid}, ${number}, ${quoteLiteral(kind)}), false)`,
  };
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

/** Gives what the role itself was given, owns, or that the queries do not need. */
async function needless(role: string, rights: Rights, engine: Engine): Promise<Diagnostic[]> {
  if (rights.schemas.length === 0) return [];
  const schemas = rights.schemas.map(quoteLiteral).join(", ");
  const relations = `pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname in (${schemas})`;
  const rows = await engine.run(`
    with own as (select oid from pg_roles where rolname = ${quoteLiteral(role)})
    select n.nspname::text as schema, c.relname::text as name, null as "column", lower(a.privilege_type) as kind, c.relkind::text as relkind
    from own, ${relations}, aclexplode(c.relacl) a where a.grantee = own.oid and c.relowner <> own.oid and c.relkind in ('r','v','m','f','p','S')
    union all
    select n.nspname, c.relname, t.attname, lower(a.privilege_type), c.relkind::text
    from own, ${relations} join pg_attribute t on t.attrelid = c.oid and not t.attisdropped, aclexplode(t.attacl) a
    where a.grantee = own.oid and c.relowner <> own.oid
    union all
    select n.nspname, c.relname, null, 'own', c.relkind::text from own, ${relations} where c.relowner = own.oid and c.relkind in ('r','v','m','f','p')
    order by 1, 2, 4, 3`);
  const needed = new Set(
    rights.tables.flatMap((table) => neededOn(table, engine.version).map((right) => JSON.stringify(right))),
  );
  const sequences = new Set(rights.objects.map(({ kind, object }) => `${kind} ${object}`));
  const told = rows.flatMap((row): string[] => {
    const { schema, name, column, kind, relkind } = row as Record<string, string | null>;
    if (relkind === "S") {
      const object = `${kind} on sequence ${schema}.${name}`;
      const isNeeded = [...sequences].some((one) => one.replaceAll('"', "") === object);
      return isNeeded ? [] : [object];
    }
    const right = JSON.stringify({ kind, schema, table: name, column } satisfies Record<
      keyof Right,
      unknown
    >);
    if (needed.has(right)) return [];
    return [`${kind}${column === null ? "" : ` (${column})`} on ${schema}.${name}`];
  });
  return folded(told).map((one) => {
    const isOwner = one.startsWith("own on ");
    const message = isOwner
      ? `${role} owns ${one.slice("own on ".length)}: no right is kept from it`
      : `${role} has the right to ${one}, and no query needs it`;
    const hint = isOwner ? "Let another role own it." : MISSING_HINT;
    return problem("grants-needless", "warning", message, hint);
  });
}
