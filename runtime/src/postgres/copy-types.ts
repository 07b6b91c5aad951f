import type { CopyConfig } from "../statement.ts";
import type { DriverClient } from "./driver.ts";
import { quoteIdent, targetOf } from "./insert-rows.ts";
import type { Packet } from "./packet.ts";
import { exchange } from "./round-trip.ts";

/** The types of the columns that a COPY writes, as a connection's server has said. */
export interface CopyTypes {
  /** Those that values are written as: of a domain what is beneath it, of an enum text. */
  readonly written: readonly number[];
  /** SQL's condition that the columns still have them. */
  readonly condition: string;
}

/** By connection, and by the target and columns of a COPY. */
const known = new WeakMap<DriverClient, Map<string, CopyTypes | null>>();

/** @returns null where not all columns are there; the COPY says what is missing */
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

const TYPES = `with recursive typed(place, declared, type) as (
  select asked.place, a.atttypid, a.atttypid
  from pg_catalog.unnest($2::pg_catalog.text[]) with ordinality asked(name, place)
  join pg_catalog.pg_attribute a on a.attname = asked.name
  where a.attrelid = pg_catalog.to_regclass($1) and a.attnum > 0 and not a.attisdropped
  union all select d.place, d.declared, t.typbasetype from typed d join pg_catalog.pg_type t on t.oid = d.type where t.typtype = 'd'
)
select d.declared, case t.typtype when 'e' then 25 else t.oid end
from typed d join pg_catalog.pg_type t on t.oid = d.type where t.typtype <> 'd' order by d.place`;

function ask(client: DriverClient, config: CopyConfig<unknown>): Promise<CopyTypes | null> {
  const send = (packet: Packet): void => {
    packet
      .parse("", TYPES)
      .bind("", [targetOf(config), config.columns])
      .execute();
  };
  return new Promise((resolve, reject) => {
    exchange(
      client,
      send,
      ({ rows }) => {
        const types = rows.map(([declared, written]) => [Number(declared), Number(written)] as const);
        resolve(
          types.length === config.columns.length
            ? {
                written: types.map(([, written]) => written),
                condition: conditionOf(
                  config,
                  types.map(([declared]) => declared),
                ),
              }
            : null,
        );
      },
      reject,
    );
  });
}

/** Asks nothing of the catalogs' rows, which a transaction may see as they were at its beginning. */
function conditionOf(config: CopyConfig<unknown>, declared: readonly number[]): string {
  const row = `(null::${targetOf(config)})`;
  return config.columns
    .map((name, i) => `pg_catalog.pg_typeof(${row}.${quoteIdent(name)})::pg_catalog.oid = ${declared[i]}`)
    .join(" and ");
}

/** The statement that tells whether the columns still have these types. */
export const sameTypes = ({ condition }: CopyTypes): string => `select ${condition}`;

/**
 * The statement that fails where they have others by now: behind a COPY, which keeps others from changing the table, so that nothing stays that
 * was written as one type and read as another.
 */
export const failUnlessSame = ({ condition }: CopyTypes): string =>
  `select 1 / (case when ${condition} then 1 else 0 end)`;

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
