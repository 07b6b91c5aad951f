import { readFileSync } from "node:fs";
import { statementsOf } from "../sql-script.mjs";
import {
  CROSSING,
  KEYS,
  ON_THE_COORDINATOR,
  REFERENCE,
  REPLACED_KEYS,
  UNIQUE_ELSEWHERE,
} from "./declared.mjs";
import { planDependents } from "./dependents.mjs";

const CATALOG = `
  select
    (
      select jsonb_object_agg(c.relname, array(
        select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped))
      from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    ) as tables,
    (
      select jsonb_agg(jsonb_build_object(
        'name', i.relname, 'table', t.relname, 'is_primary', x.indisprimary, 'constraint', k.conname,
        'columns', array(
          select a.attname from unnest(x.indkey) with ordinality u (n, place)
          left join pg_attribute a on a.attrelid = t.oid and a.attnum = u.n order by u.place)))
      from pg_index x
      join pg_class i on i.oid = x.indexrelid
      join pg_class t on t.oid = x.indrelid and t.relnamespace = 'public'::regnamespace and not t.relispartition
      left join pg_constraint k on k.conindid = x.indexrelid and k.contype in ('p', 'u')
      where x.indisunique and t.relkind in ('r', 'p')
    ) as uniques,
    (
      select jsonb_agg(jsonb_build_object(
        'name', k.conname, 'table', t.relname, 'target', r.relname, 'definition', pg_get_constraintdef(k.oid),
        'sets', k.confdeltype in ('n', 'd'),
        'columns', array(select a.attname from unnest(k.conkey) with ordinality u (n, place)
          join pg_attribute a on a.attrelid = t.oid and a.attnum = u.n order by u.place),
        'target_columns', array(select a.attname from unnest(k.confkey) with ordinality u (n, place)
          join pg_attribute a on a.attrelid = r.oid and a.attnum = u.n order by u.place)) order by t.relname, k.conname)
      from pg_constraint k
      join pg_class t on t.oid = k.conrelid
      join pg_class r on r.oid = k.confrelid
      where k.contype = 'f' and k.conparentid = 0 and k.connamespace = 'public'::regnamespace
    ) as keys,
    (
      select jsonb_agg(distinct jsonb_build_object(
        'trigger', p.proname, 'table', t.relname, 'other', w.m[2],
        -- A row that is locked is locked wherever it is, as if it were written.
        'does', case when w.m[1] in ('from', 'join') and s.text !~ '\\mfor (no key update|update|key share|share)\\M' then 'reads' else 'writes' end))
      from pg_trigger g
      join pg_class t on t.oid = g.tgrelid and not t.relispartition and t.relnamespace = 'public'::regnamespace
      join pg_proc p on p.oid = g.tgfoid
      -- What it has another function do, it does.
      join pg_proc f on f.pronamespace = 'public'::regnamespace
        and (f.oid = p.oid or p.prosrc ~ ('\\mperform ' || f.proname || '\\('))
      cross join regexp_split_to_table(f.prosrc, ';') s (text)
      cross join regexp_matches(s.text, '(update|insert into|delete from|from|join) ([a-z_]+)', 'g') w (m)
      join pg_class written on written.relname = w.m[2] and written.relnamespace = 'public'::regnamespace
        and written.relkind in ('r', 'p')
      where not g.tgisinternal
    ) as reaches,
    (
      select jsonb_agg(jsonb_build_object('name', g.tgname, 'function', p.proname, 'table', t.relname, 'definition', pg_get_triggerdef(g.oid))
        order by t.relname, g.tgname)
      from pg_trigger g
      join pg_class t on t.oid = g.tgrelid and not t.relispartition and t.relnamespace = 'public'::regnamespace
      join pg_proc p on p.oid = g.tgfoid
      where not g.tgisinternal
    ) as triggers,
    array(
      select p.oid::regprocedure::text
      from pg_proc p
      where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
      order by 1
    ) as functions`;

/** Statements of a file one by one, as Citus takes them. */
const statementsIn = (file) =>
  statementsOf(readFileSync(new URL(file, import.meta.url), "utf8"), "").map(({ statement }) => statement);

/** A trigger that does something only where the whole of the tables is seen; on the copies of other nodes, nothing. */
function onCoordinatorAlone(definition) {
  return definition.replace(
    /(?: WHEN \((.*)\))? EXECUTE FUNCTION /s,
    (_, condition) =>
      ` WHEN (is_coordinator()${condition === undefined ? "" : ` AND ${condition}`}) EXECUTE FUNCTION `,
  );
}

/**
 * Says how each table of a database is distributed, and the statements that do it, to be run on the coordinator in this order.
 *
 * @param {import("pg").ClientBase | import("pg").Pool} client on a database with the migrations
 * @returns {Promise<{ kinds: Map<string, "distributed" | "reference" | "coordinator">, statements: string[], problems: string[] }>}
 *   `problems` is what Citus cannot have and declared.mjs does not settle, and what is settled there without being there
 */
export async function planDistribution(client) {
  const { tables, uniques, keys, reaches, triggers, functions } = (await client.query(CATALOG)).rows[0];
  const keyOf = (table) =>
    KEYS[table] ?? (tables[table]?.includes("workspace_id") ? "workspace_id" : undefined);
  const kindOf = (table) => {
    if (ON_THE_COORDINATOR.has(table)) return "coordinator";
    return REFERENCE.has(table) || keyOf(table) === undefined ? "reference" : "distributed";
  };
  const kinds = new Map(
    Object.keys(tables)
      .sort()
      .map((table) => [table, kindOf(table)]),
  );
  const problems = [];
  const settled = new Set();
  /** Takes what declared.mjs says of it; a problem where that is nothing. */
  const settle = (declared, name, problem) => {
    settled.add(name);
    if (!(name in declared)) problems.push(`${name}: ${problem}`);
  };

  const widened = [];
  for (const { name, table, is_primary, columns } of uniques) {
    if (kindOf(table) !== "distributed" || columns.includes(keyOf(table))) continue;
    // A key that is drawn is unique whoever draws it.
    if (is_primary) widened.push({ name, table, columns: [keyOf(table), ...columns] });
    else settle(UNIQUE_ELSEWHERE, name, `unique without ${table}.${keyOf(table)}`);
  }

  const kept = [];
  const dropped = [];
  for (const key of keys) {
    const [from, to] = [kindOf(key.table), kindOf(key.target)];
    if (from === "coordinator" && to === "coordinator") continue;
    dropped.push(key);
    if (to === "coordinator")
      settle(REPLACED_KEYS, key.name, `refers to ${key.target}, which is the coordinator's`);
    else if (to === "distributed" && from !== "distributed")
      settle(
        REPLACED_KEYS,
        key.name,
        `${key.table} is ${from}, and refers to ${key.target}, which is distributed`,
      );
    else if (
      to === "distributed" &&
      key.columns.indexOf(keyOf(key.table)) !== key.target_columns.indexOf(keyOf(key.target))
    )
      settle(REPLACED_KEYS, key.name, "refers to another tenant's rows");
    else if (
      from === "distributed" &&
      key.sets &&
      key.columns.includes(keyOf(key.table)) &&
      to === "distributed"
    )
      settle(REPLACED_KEYS, key.name, "sets columns of a key with the tenant's");
    else kept.push(key);
  }

  // What a trigger does to a table is settled once, whether it writes or only reads it.
  const coordinators = new Set();
  for (const { trigger, table, other, does } of (reaches ?? []).sort((a, b) =>
    b.does.localeCompare(a.does),
  )) {
    const [on, to] = [kindOf(table), kindOf(other)];
    // A distributed table's triggers run on the node with the shard, those of a copied one on every node.
    if (on === "reference" && (to !== "reference" || does === "writes"))
      coordinators.add(`${trigger} on ${table}`);
    if (on !== "distributed" || to === "distributed" || (does === "reads" && to === "reference")) continue;
    const name = `${trigger} on ${table} → ${other}`;
    if (!settled.has(name)) settle(CROSSING, name, `${on} ${does} ${to}`);
  }
  const ofCoordinator = (triggers ?? []).filter((one) => coordinators.has(`${one.function} on ${one.table}`));
  for (const declared of [UNIQUE_ELSEWHERE, REPLACED_KEYS, CROSSING])
    for (const name of Object.keys(declared)) if (!settled.has(name)) problems.push(`${name}: is not there`);

  const dependents = await planDependents(client, (table) => kindOf(table) !== "coordinator");
  problems.push(...dependents.problems);

  const quoted = (columns) => columns.map((column) => `"${column}"`).join(", ");
  const byKind = (kind) => [...kinds].flatMap(([table, of]) => (of === kind ? [table] : []));
  const statements = [
    "set citus.enable_unsafe_triggers = on",
    ...dropped.map(({ table, name }) => `alter table "${table}" drop constraint "${name}"`),
    ...widened.map(
      ({ name, table, columns }) =>
        `alter table "${table}" drop constraint "${name}", add constraint "${name}" primary key (${quoted(columns)})`,
    ),
    ...dependents.off,
    ...statementsIn("before.sql"),
    ...["workspace_slugs", "listing_reviewers", ...byKind("reference")].map(
      (table) => `select create_reference_table('${table}')`,
    ),
    // Whatever is a tenant's lies with the tenant.
    ...["workspaces", ...byKind("distributed").filter((table) => table !== "workspaces")].map((table) =>
      table === "workspaces"
        ? "select create_distributed_table('workspaces', 'id')"
        : `select create_distributed_table('${table}', '${keyOf(table)}', colocate_with => 'workspaces')`,
    ),
    ...kept.map(
      ({ table, name, definition }) => `alter table "${table}" add constraint "${name}" ${definition}`,
    ),
    ...dependents.again,
    // What triggers call is where they run.
    ...functions
      .filter((name) => !dependents.off.some((drop) => drop.endsWith(` ${name}`)))
      .map((name) => `select create_distributed_function('${name}')`),
    ...ofCoordinator.flatMap(({ name, table, definition }) => [
      `drop trigger "${name}" on "${table}"`,
      onCoordinatorAlone(definition),
    ]),
    ...Array.from(
      new Set(ofCoordinator.map((one) => one.function)),
      (name) => `alter function "${name}"() set citus.allow_nested_distributed_execution = on`,
    ),
    ...statementsIn("after.sql"),
  ];
  return { kinds, statements, problems };
}
