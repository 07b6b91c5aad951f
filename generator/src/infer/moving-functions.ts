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
  pg_timezone_names pg_timezone_abbrevs pg_timezone_abbrevs_abbrevs pg_timezone_abbrevs_zone
  `
    .trim()
    .split(/\s+/),
);

/** time, timetz */
const TIMES_OF_DAY: ReadonlySet<Oid> = new Set([1083, 1266]);

/** Tells whether one of PostgreSQL's own functions, of arguments of those types, is another for each statement. */
export function isOfTheMoment({ name, builtIn }: RawFunction, types: readonly (Oid | undefined)[]): boolean {
  // age(t) counts from today.
  return builtIn && (OF_THE_MOMENT.has(name) || (name === "age" && types.length === 1));
}

/** Tells whether one of PostgreSQL's own functions, of arguments of those types, gives a time of day the offset that it has today. */
export function takesTodaysOffset(
  { name, builtIn, volatility }: RawFunction,
  types: readonly (Oid | undefined)[],
): boolean {
  return (
    builtIn &&
    volatility === "s" &&
    (name === "timetz" || name === "timezone") &&
    types.some((type) => TIMES_OF_DAY.has(type ?? 0))
  );
}

/** Functions that read the times in JSON by a path that says so, and in zones. */
const ZONED_PATHS = /^jsonb_path_\w+_tz$/;

export function readsZonedPath({ name, builtIn }: RawFunction): boolean {
  return builtIn && ZONED_PATHS.test(name);
}

/**
 * Functions of PostgreSQL's extensions that are STABLE and whose code cannot be read here: they ask for a dictionary or a setting. Of
 * what else is called so nobody knows whether it asks for the time.
 */
const STEADY = new Set(
  "unaccent similarity_op word_similarity_op word_similarity_commutator_op strict_word_similarity_op strict_word_similarity_commutator_op show_limit isn_weak".split(
    " ",
  ),
);

/** Tells whether a function of an extension is made of its arguments and the session's settings. */
export function isSteady({ name, volatility, bodyLanguage }: RawFunction): boolean {
  return volatility === "s" && bodyLanguage === null && STEADY.has(name);
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
  const [type] = types;
  return builtIn && (ORDER_BLIND.has(name) || (EXACT_SUMS.has(name) && !FLOATS.has(type!)));
}
