import type { CopyConfig, RawRow } from "../statement.ts";
import type { DriverClient } from "./driver.ts";
import { quoteIdent, targetOf } from "./insert-rows.ts";
import type { Packet } from "./packet.ts";
import { exchange } from "./round-trip.ts";

/** The types of the columns of a COPY that may be written in two statements, as a connection's server has said. */
export interface CopyTypes {
  /** The table, quoted. */
  readonly target: string;
  /** Those that values are written as: of a domain what is beneath it, of an enum text. */
  readonly written: readonly number[];
  /** SQL's condition that the columns still have them. */
  readonly condition: string;
  /** The oids of the table's triggers, as an array's text. */
  readonly triggers: string;
}

/** By connection, and by the target and columns of a COPY. */
const known = new WeakMap<DriverClient, Map<string, CopyTypes | null>>();

/**
 * Asks for them, once for a connection.
 * @returns null where it must be one statement, and where not all columns are there; the COPY says what is missing
 */
export async function readCopyTypes(
  client: DriverClient,
  config: CopyConfig<unknown>,
): Promise<CopyTypes | null> {
  let types = known.get(client);
  if (types === undefined) {
    types = new Map();
    known.set(client, types);
  }
  const key = keyOf(config);
  let found = types.get(key);
  if (found === undefined) {
    found = await ask(client, config);
    types.set(key, found);
  }
  return found;
}

/** Has them asked for again. */
export function forgetCopyTypes(client: DriverClient, config: CopyConfig<unknown>): void {
  known.get(client)?.delete(keyOf(config));
}

const keyOf = (config: CopyConfig<unknown>): string => JSON.stringify([targetOf(config), config.columns]);

/** Of `pg_trigger.tgtype`. */
const FOR_EACH_ROW = 1;
const BEFORE = 2;
const ON_INSERT = 4;
const INSTEAD = 64;

/**
 * SQL's condition that something happens at the end of a statement that inserts into `$1`, which tells one statement from two: a trigger for each
 * statement, one after each row, a constraint that is deferred, and a foreign key into the rows that are inserted. One to another table does not.
 */
const TELLS_STATEMENTS = `exists (
  select from pg_catalog.pg_trigger g
  where g.tgrelid = any (array(select pg_catalog.to_regclass($1)::pg_catalog.oid union all select p.relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) p))
    and (g.tgtype & ${ON_INSERT}) <> 0 and ((g.tgtype & ${FOR_EACH_ROW}) = 0 or (g.tgtype & ${BEFORE | INSTEAD}) = 0)
    and not exists (
      select from pg_catalog.pg_constraint c
      where c.oid = g.tgconstraint and c.contype = 'f' and c.confrelid <> all (array(
        select pg_catalog.to_regclass($1)::pg_catalog.oid union all select p.relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) p
        union all select a.relid from pg_catalog.pg_partition_ancestors(pg_catalog.to_regclass($1)) a
      ))
    )
)`;

/** Of a table, and in the order of their names. A look at each of them takes as long as a small COPY. */
const TRIGGERS =
  "array(select g.oid from pg_catalog.pg_trigger g where g.tgrelid = pg_catalog.to_regclass($1) order by g.tgname)";

const TYPES = `with recursive typed(place, declared, type) as (
  select asked.place, a.atttypid, a.atttypid
  from pg_catalog.unnest($2::pg_catalog.text[]) with ordinality asked(name, place)
  join pg_catalog.pg_attribute a on a.attname = asked.name
  where a.attrelid = pg_catalog.to_regclass($1) and a.attnum > 0 and not a.attisdropped
  union all select d.place, d.declared, t.typbasetype from typed d join pg_catalog.pg_type t on t.oid = d.type where t.typtype = 'd'
)
select d.declared, case t.typtype when 'e' then 25 else t.oid end, ${TELLS_STATEMENTS}, ${TRIGGERS}
from typed d join pg_catalog.pg_type t on t.oid = d.type where t.typtype <> 'd' order by d.place`;

function ask(client: DriverClient, config: CopyConfig<unknown>): Promise<CopyTypes | null> {
  const send = (packet: Packet): void => {
    packet
      .parse("", TYPES)
      .bind("", [targetOf(config), config.columns])
      .execute();
  };
  return new Promise((resolve, reject) => {
    exchange(client, send, ({ rows }) => resolve(typesIn(rows, config)), reject);
  });
}

function typesIn(rows: readonly RawRow[], config: CopyConfig<unknown>): CopyTypes | null {
  const [, , tellsStatements, triggers] = rows[0] ?? [];
  if (rows.length !== config.columns.length || tellsStatements !== "f") return null;
  return {
    target: targetOf(config),
    written: rows.map(([, written]) => Number(written)),
    condition: conditionOf(
      config,
      rows.map(([declared]) => Number(declared)),
    ),
    triggers,
  };
}

/** Asks nothing of the catalogs' rows, which a transaction may see as they were at its beginning; of a row of many columns, each by itself takes long. */
function conditionOf(config: CopyConfig<unknown>, declared: readonly number[]): string {
  const types = config.columns.map((name) => `pg_catalog.pg_typeof(r.${quoteIdent(name)})`);
  return `(select array[${types.join(", ")}]::pg_catalog.oid[] operator(pg_catalog.=) '{${declared.join(",")}}'::pg_catalog.oid[] from pg_catalog.unnest(array[null::${targetOf(config)}]) r)`;
}

/** Writes the statement that tells whether the columns still have these types, and the table these triggers. */
export function sendSameTypes(packet: Packet, { condition, target, triggers }: CopyTypes): void {
  const areTriggers = `${TRIGGERS} operator(pg_catalog.=) '${triggers}'::pg_catalog.oid[]`;
  packet.parse("", `select ${condition} and ${areTriggers}`).bind("", [target]).execute();
}

/**
 * The statement that fails where they have others by now: behind a COPY, which keeps others from changing the table, so that nothing stays that
 * was written as one type and read as another.
 */
export const failUnlessSame = ({ condition }: CopyTypes): string =>
  `select 1 operator(pg_catalog./) (case when ${condition} then 1 else 0 end)`;

const DIVISION_BY_ZERO = "22012";

/** Tells whether it is the error of that statement. */
export const isDifference = (error: Error): boolean =>
  (error as { readonly code?: unknown }).code === DIVISION_BY_ZERO;

/** The same error as one that is over when all is done again. */
export function typesHaveChanged(error: Error): Error {
  const message = "the types of the table's columns have changed meanwhile, and nothing was copied";
  return Object.assign(error, { message, code: SERIALIZATION_FAILURE });
}

const SERIALIZATION_FAILURE = "40001";
