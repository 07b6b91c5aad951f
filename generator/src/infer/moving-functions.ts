import type { Oid } from "../model/catalog.ts";
import type { RawFunction } from "../postgres/catalog-objects.ts";

/**
 * Functions of PostgreSQL's own that are STABLE, the same within a statement, and others when it is sent again: they ask for the
 * time, the transaction or the connection. What is not here is made of its arguments, the data, and the session's settings.
 */
const OF_THE_MOMENT = new Set(
  `
  now statement_timestamp transaction_timestamp
  pg_current_snapshot pg_current_xact_id pg_current_xact_id_if_assigned txid_current txid_current_if_assigned txid_current_snapshot mxid_age
  inet_client_port pg_backend_pid pg_cursor pg_listening_channels pg_my_temp_schema pg_is_other_temp_schema pg_prepared_statement
  pg_stat_get_backend_idset pg_stat_get_snapshot_timestamp pg_trigger_depth
  `
    .trim()
    .split(/\s+/),
);

/** Tells whether one of PostgreSQL's own functions, of that many arguments, is another for each statement. */
export function isOfTheMoment({ name, builtIn }: RawFunction, args: number): boolean {
  // age(t) counts from today.
  return builtIn && (OF_THE_MOMENT.has(name) || (name === "age" && args === 1));
}

/** Aggregates that give the same whatever comes first: that of floating point is rounded at each step. */
const ORDER_BLIND = new Set(
  "count regr_count min max bool_and bool_or every bit_and bit_or bit_xor range_agg range_intersect_agg".split(
    " ",
  ),
);
const EXACT_SUMS = new Set("sum avg stddev stddev_pop stddev_samp variance var_pop var_samp".split(" "));
/** real, double precision */
const FLOATS: ReadonlySet<Oid> = new Set([700, 701]);

/** Tells whether an aggregate of PostgreSQL's own gives the same in whichever order it takes its rows in. */
export function isOrderBlind({ name, builtIn }: RawFunction, types: readonly Oid[]): boolean {
  return (
    builtIn && (ORDER_BLIND.has(name) || (EXACT_SUMS.has(name) && !types.some((type) => FLOATS.has(type))))
  );
}
