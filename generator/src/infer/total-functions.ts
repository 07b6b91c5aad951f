import type { RawFunction } from "../postgres/catalog-objects.ts";
import { FIRST_NORMAL_OID } from "../postgres/normal-oid.ts";
import type { Argument } from "./expression-type.ts";

/** What tells one of PostgreSQL's own functions from another. */
export type BuiltIn = Pick<RawFunction, "oid" | "name" | "returnsSet">;

/** Those of information_schema too, of which none has a name that stands here. */
const isBuiltIn = ({ oid }: BuiltIn): boolean => oid < FIRST_NORMAL_OID;

/**
 * Built-in functions that never give NULL for arguments that are not NULL. Strictness alone says only that NULL in
 * gives NULL out. Being absent from this list is always safe: the result is then nullable.
 * Operators are listed by the function behind them (`pg_operator.oprcode`).
 */
const TOTAL = new Set(
  `
  abs acos acosd acosh age ascii asin asind asinh atan atan2 atan2d atand atanh bit_count bit_length btrim
  cardinality cbrt ceil ceiling char_length character_length chr concat concat_ws convert convert_from convert_to
  cos cosd cosh cot cotd crc32 crc32c date_bin date_trunc decode degrees div encode erf erfc exp factorial floor format
  gamma lgamma gcd get_bit get_byte initcap isfinite justify_days justify_hours justify_interval lcm left length ln log log10
  lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz md5  mod normalize
  octet_length overlay parse_ident pi position power pow quote_ident quote_literal quote_nullable radians random
  random_normal regexp_count regexp_instr regexp_like regexp_replace regexp_split_to_array repeat replace reverse right round
  rpad rtrim set_bit set_byte sha224 sha256 sha384 sha512 sign sin sind sinh split_part sqrt starts_with
  string_to_array strpos substr substring tan tand tanh timezone to_ascii to_bin to_char to_date to_hex to_number to_oct
  to_timestamp translate trim_array trim_scale trunc unicode_assigned unistr upper width_bucket casefold
  clock_timestamp now statement_timestamp timeofday transaction_timestamp pg_sleep
  gen_random_uuid uuidv4 uuidv7 pg_backend_pid pg_is_in_recovery pg_postmaster_start_time pg_conf_load_time version
  pg_current_xact_id pg_current_snapshot txid_current txid_current_snapshot current_database current_schemas
  pg_typeof format_type pg_column_size pg_advisory_lock pg_advisory_xact_lock pg_advisory_lock_shared pg_advisory_xact_lock_shared
  pg_try_advisory_lock pg_try_advisory_xact_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock_shared
  pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all pg_notify pg_size_pretty pg_size_bytes
  pg_cancel_backend pg_terminate_backend nextval currval lastval setval set_config
  array_append array_prepend array_cat array_fill array_remove array_replace array_reverse array_sort array_sample array_shuffle
  array_to_string array_to_json array_positions num_nulls num_nonnulls
  json_build_object json_build_array jsonb_build_object jsonb_build_array json_object jsonb_object row_to_json to_json to_jsonb
  json_strip_nulls jsonb_strip_nulls json_typeof jsonb_typeof json_array_length jsonb_array_length jsonb_pretty
  jsonb_set jsonb_set_lax jsonb_insert jsonb_exists jsonb_exists_any jsonb_exists_all jsonb_contains jsonb_contained jsonb_concat jsonb_delete jsonb_delete_path
  jsonb_path_exists jsonb_path_query_array
  to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline setweight strip numnode querytree
  ts_match_vq ts_match_qv ts_match_tt ts_match_tq tsvector_concat tsquery_and tsquery_or tsquery_not tsquery_phrase ts_delete ts_filter ts_rewrite array_to_tsvector tsvector_to_array
  host network netmask hostmask broadcast masklen family abbrev text set_masklen inet_same_family inet_merge
  isempty lower_inc upper_inc lower_inf upper_inf range_merge
  int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange multirange
  area center diameter height width radius box circle point polygon lseg line path npoints pclose popen isclosed isopen ishorizontal isvertical isparallel isperp diagonal slope
  int2 int4 int8 float4 float8 numeric bool bpchar varchar char name date time timetz timestamp timestamptz interval money oid bytea bit varbit xml json jsonb cidr inet macaddr macaddr8 regclass
  has_table_privilege pg_client_encoding getdatabaseencoding pg_encoding_to_char pg_char_to_encoding pg_get_userbyid pg_trigger_depth pg_blocking_pids pg_input_is_valid
  unicode_version icu_unicode_version get_current_ts_config setseed mxid_age xid
  hashtext hashint4 hashint8 hash_array hash_record hashtextextended hashint4extended hashint8extended hash_array_extended hash_record_extended
  xmlexists xmlcomment xmlconcat2 xpath xpath_exists xml_is_well_formed
  like_escape similar_to_escape similar_escape
  array_larger array_smaller
  enum_range enum_first enum_last
  `
    .trim()
    .split(/\s+/),
);

/** Names among those that are total for some arguments only; a type that the tree does not say is 0. */
const TOTAL_WHERE: Readonly<Record<string, (args: readonly Argument[]) => boolean>> = {
  // Of a range: NULL where it is empty or open.
  lower: ([a]) => a?.type === TEXT,
  upper: ([a]) => a?.type === TEXT,
  // substring(text, pattern): NULL without a match.
  substring: ([, b]) => b?.type === INT4,
  // area(path): NULL for an open one.
  area: ([a]) => a?.type === BOX || a?.type === CIRCLE,
  // Infinity has no time of day …
  time: ([a]) => TIME_TYPES.has(a?.type ?? 0) || a?.type === INTERVAL,
  timetz: ([a]) => TIME_TYPES.has(a?.type ?? 0),
  // … nor a text by a format, an infinite interval (PostgreSQL 17) included. An empty format gives NULL too.
  to_char: ([a]) => NUMBERS.has(a?.type ?? 0),
  to_number: ([, format]) => !!format?.text,
  // With `silent`, an error is NULL.
  jsonb_path_exists: (args) => args.length <= 3,
  // With `missing_ok`, a setting that nobody knows is NULL.
  current_setting: (args) => args.length === 1,
  // By oid: NULL where there is no such relation.
  has_table_privilege: (args) => args.every((a) => a.type === TEXT || a.type === NAME),
  extract: ([field, a]) => isAnswered(field, a),
  date_part: ([field, a]) => isAnswered(field, a),
};
const TEXT = 25;
const NAME = 19;
const INT4 = 23;
const BOX = 603;
const CIRCLE = 718;
/** int2, int4, int8, float4, float8, numeric */
const NUMBERS = new Set([21, 23, 20, 700, 701, 1700]);
/** time, timetz */
const TIME_TYPES = new Set([1083, 1266]);
const INTERVAL = 1186;
/** Fields that infinity has, … */
const UNBOUNDED_FIELDS = new Set("year years decade century millennium epoch julian isoyear".split(" "));
/** … and those that an infinite interval has besides: its days and hours are no part of anything larger. */
const UNBOUNDED_OF_INTERVALS = new Set("day days hour hours".split(" "));

function isAnswered(field: Argument | undefined, from: Argument | undefined): boolean {
  const name = field?.text?.toLowerCase() ?? "";
  if (UNBOUNDED_FIELDS.has(name) || TIME_TYPES.has(from?.type ?? 0)) return true;
  return from?.type === INTERVAL && UNBOUNDED_OF_INTERVALS.has(name);
}

/** What operators run on, by prefix or suffix of the function's name: comparison, arithmetic, matching. */
const OPERATOR_FUNCTION =
  /^(int[248]{1,2}|int[248]|float[48]{1,2}|float[48]|numeric|text|bpchar|name|char|bool|bytea|date|time|timetz|timestamp|timestamptz|interval|cash|money|uuid|oid|oidvector|enum|record|array|range|multirange|jsonb|inet|network|macaddr8?|bit|varbit|tid|xid8?|pg_lsn|tsvector|tsquery|text_pattern|bpchar_pattern)_?(eq|ne|lt|le|gt|ge)(_date|_timestamp|_timestamptz)?$/;
const ARITHMETIC =
  /^(int[248]+|float[48]+|numeric|interval|cash|flt[48]|cash_(flt|int|float)|date|timestamp|timestamptz|time|timetz)_?(pl|mi|mul|div|mod|um|up|abs|add|sub|uminus|uplus|mul_cash|pli|mii|pl_interval|mi_interval|_pl_interval|_mi_interval)(_interval|_time|_timetz|_cash|int[248]|flt[48])?$/;
const MATCHING =
  /^(text|bpchar|name|bytea)?(like|nlike|iclike|icnlike|regexeq|regexne|icregexeq|icregexne|notlike)$/;
const OTHERS = new Set(
  `textcat textanycat anytextcat byteacat bitcat notlike texticlike texticnlike bpchariclike bpcharicnlike nameiclike nameicnlike
  texteq textne text_lt text_le text_gt text_ge bpchareq bpcharne nameeq namene namelt booleq boolne boollt boolgt boolle boolge
  chareq charne charlt charle chargt charge byteaeq byteane bytealt byteale byteagt byteage
  int2shl int2shr int4shl int4shr int8shl int8shr int2and int2or int2xor int2not int4and int4or int4xor int4not int8and int8or int8xor int8not
  int4inc int8inc dpow dsqrt dcbrt dround dtrunc dexp dlog1 dlog10 numeric_power numeric_sqrt numeric_exp numeric_ln numeric_log numeric_round
  oideq oidne oidlt oidgt oidle oidge tideq tidne xideq xidneq xideqint4 xidneqint4
  date_eq_timestamp date_pl_interval date_mi_interval datetime_pl datetimetz_pl timedate_pl timetzdate_pl interval_pl_date interval_pl_time interval_pl_timestamp interval_pl_timestamptz integer_pl_date
  date_mi date_pli date_mii timestamp_mi timestamptz_mi time_mi_time time_pl_interval time_mi_interval timestamp_pl_interval timestamp_mi_interval timestamptz_pl_interval timestamptz_mi_interval
  interval_pl interval_mi interval_mul interval_div interval_um mul_d_interval timetz_pl_interval timetz_mi_interval
  arrayoverlap arraycontains arraycontained array_eq array_ne array_lt array_gt array_le array_ge
  range_contains range_contained_by range_contains_elem elem_contained_by_range range_overlaps range_adjacent range_before range_after range_overleft range_overright range_union range_intersect range_minus
  multirange_contains_elem elem_contained_by_multirange multirange_contains_range range_contained_by_multirange multirange_overlaps_range range_overlaps_multirange multirange_overlaps_multirange
  network_sub network_subeq network_sup network_supeq network_overlap inetmi inetpl inetmi_int8 int8pl_inet inetand inetor inetnot
  jsonb_eq jsonb_ne jsonb_lt jsonb_gt jsonb_le jsonb_ge
  lseg_parallel lseg_perp lseg_intersect lseg_eq lseg_ne lseg_length lseg_distance point_distance point_eq point_ne point_left point_right point_above point_below point_add point_sub point_mul point_div
  box_overlap box_contain box_contained box_distance circle_contain circle_overlap circle_distance pt_contained_circle pt_contained_poly on_pb
  starts_with texteqname textnename nameeqtext namenetext
  cash_mul_int2 cash_mul_int4 cash_mul_int8 cash_mul_flt4 cash_mul_flt8 cash_div_int2 cash_div_int4 cash_div_int8 cash_div_flt4 cash_div_flt8
  path_inter path_n_lt path_n_gt path_n_eq path_n_le path_n_ge point_vert point_horiz lseg_vertical lseg_horizontal line_eq line_intersect
  line_parallel line_perp line_vertical line_horizontal box_above_eq box_below_eq circle_overleft circle_overright circle_overabove circle_overbelow
  record_image_eq record_image_ne record_image_lt record_image_gt record_image_le record_image_ge tsq_mcontains tsq_mcontained numeric_pl_pg_lsn
  cash_cmp enum_eq enum_ne enum_lt enum_gt enum_le enum_ge uuid_eq uuid_ne uuid_lt uuid_gt uuid_le uuid_ge
  record_eq record_ne record_lt record_gt record_le record_ge bitand bitor bitxor bitnot bitshiftleft bitshiftright bitcat
  i2toi4 i4toi2 i4tod i2tod itod dtoi4 dtoi2 ftod dtof i8tod dtoi8 i8tof ftoi8 i2tof i4tof ftoi4 ftoi2 bool_int4 int4_bool
  text_char timestamp_date cash_words rtrim1 bpcharregexeq textregexeq textregexne texticregexeq texticregexne nameregexeq textlike textnlike bpcharlike bpcharnlike namelike namenlike
  overlaps circle_eq jsonb_delete date_add date_subtract jsonb_path_query_array_tz xmltext xml_is_well_formed_document xml_is_well_formed_content
  namelttext nameletext namegetext namegttext textltname textlename textgename textgtname
  macaddr_not macaddr_and macaddr_or macaddr8_not macaddr8_and macaddr8_or macaddr8_set7bit
  box_eq box_ge box_gt box_lt box_le box_same box_left box_right box_overleft box_overright box_below box_above box_overbelow box_overabove box_contain_pt
  box_add box_sub box_mul box_div box_center bound_box lseg_center lseg_lt lseg_le lseg_gt lseg_ge line_distance
  poly_same poly_contain poly_contained poly_left poly_right poly_overleft poly_overright poly_overlap poly_below poly_above poly_overbelow
  poly_overabove poly_contain_pt poly_distance poly_center poly_npoints on_ppath on_ps on_pl on_sl on_sb inter_sl inter_lb inter_sb path_length
  path_npoints path_contain_pt path_add_pt path_sub_pt path_mul_pt path_div_pt circle_add_pt circle_sub_pt circle_mul_pt circle_div_pt
  circle_same circle_left circle_right circle_contained circle_below circle_above circle_ne circle_lt circle_gt circle_le circle_ge circle_center circle_contain_pt
  dist_bp dist_pb dist_ps dist_sp dist_sb dist_bs dist_ppath dist_pathp dist_lp dist_pl dist_ls dist_sl dist_pc dist_cpoint dist_cpoly dist_polyc dist_ppoly dist_polyp
  multirange_contains_multirange multirange_contained_by_multirange range_adjacent_multirange multirange_adjacent_multirange multirange_adjacent_range
  range_before_multirange multirange_before_range multirange_before_multirange range_after_multirange multirange_after_range multirange_after_multirange
  range_overleft_multirange multirange_overleft_range multirange_overleft_multirange range_overright_multirange multirange_overright_range
  multirange_overright_multirange multirange_union multirange_minus multirange_intersect range_contains_multirange multirange_contained_by_range`
    .trim()
    .split(/\s+/),
);

/** Casts of jsonb to scalars: a JSON null becomes NULL since PostgreSQL 18. */
const JSONB = 3802;
const SCALAR_CASTS = new Set(["numeric", "int2", "int4", "int8", "float4", "float8", "bool"]);

/** Tells whether the function never gives NULL as long as no argument is NULL. */
export function isTotal(fn: BuiltIn, args: readonly Argument[]): boolean {
  if (!isBuiltIn(fn) || fn.returnsSet) return false;
  const [first] = args;
  if (SCALAR_CASTS.has(fn.name) && (!first?.type || first.type === JSONB)) return false;
  const where = TOTAL_WHERE[fn.name];
  if (where) return where(args);
  return (
    TOTAL.has(fn.name) ||
    OTHERS.has(fn.name) ||
    OPERATOR_FUNCTION.test(fn.name) ||
    ARITHMETIC.test(fn.name) ||
    MATCHING.test(fn.name)
  );
}

/** Which arguments make the result NULL by being so: those of these numbers from 0 on, or all of them together. */
type NullBy = readonly number[] | "all-together";

/** Of total functions that are not strict. Those that stand here with no argument at all never give NULL. */
const NULL_BY: Readonly<Record<string, NullBy>> = {
  ...Object.fromEntries(
    `json_build_object json_build_array jsonb_build_object jsonb_build_array concat quote_nullable array_append array_prepend array_fill
    num_nulls num_nonnulls random pg_typeof enum_range enum_first enum_last set_config
    int4range int8range numrange tsrange tstzrange daterange`
      .split(/\s+/)
      .map((name) => [name, []]),
  ),
  concat_ws: [0],
  format: [0],
  format_type: [0],
  array_remove: [0],
  array_replace: [0],
  array_positions: [0],
  string_to_array: [0],
  array_to_string: [0, 1],
  jsonb_set_lax: [0, 1, 3],
  similar_escape: [0],
  array_cat: "all-together",
  xmlconcat2: "all-together",
};

/** Tells which arguments of a total function make its result NULL by being so; null for each of them. */
export function nullBy(fn: BuiltIn): NullBy | null {
  return isBuiltIn(fn) ? (NULL_BY[fn.name] ?? null) : null;
}

/** Aggregates that are NULL only where no input row has a value. */
const VALUE_AGGREGATES = new Set(
  "sum avg min max bool_and bool_or every bit_and bit_or bit_xor string_agg stddev_pop var_pop any_value range_agg range_intersect_agg xmlagg mode percentile_disc percentile_cont".split(
    " ",
  ),
);
/** Aggregates that are NULL only where there is no input row at all. */
const ROW_AGGREGATES = new Set(
  "array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg json_agg_strict jsonb_agg_strict json_object_agg_unique jsonb_object_agg_unique json_object_agg_strict jsonb_object_agg_strict json_object_agg_unique_strict jsonb_object_agg_unique_strict".split(
    " ",
  ),
);
const COUNTS = new Set("count regr_count rank dense_rank percent_rank cume_dist row_number".split(" "));

export function aggregateKind(fn: BuiltIn): "count" | "row" | "value" | "unknown" {
  if (!isBuiltIn(fn)) return "unknown";
  if (COUNTS.has(fn.name)) return "count";
  if (ROW_AGGREGATES.has(fn.name)) return "row";
  return VALUE_AGGREGATES.has(fn.name) ? "value" : "unknown";
}

/** Set-returning built-ins by the columns of theirs that are never NULL: they are strict, and give no rows at all for a NULL argument. */
const SET_COLUMNS: Readonly<Record<string, readonly boolean[]>> = {
  generate_series: [true],
  generate_subscripts: [true],
  json_array_elements: [true],
  jsonb_array_elements: [true],
  json_object_keys: [true],
  jsonb_object_keys: [true],
  json_each: [true, true],
  jsonb_each: [true, true],
  json_each_text: [true, false],
  jsonb_each_text: [true, false],
  regexp_split_to_table: [true],
  regexp_matches: [true],
  jsonb_path_query: [true],
  jsonb_path_query_tz: [true],
  pg_get_keywords: [true, true, false, true, true],
};

export function setColumnNotNull(fn: BuiltIn, column: number): boolean {
  return isBuiltIn(fn) && SET_COLUMNS[fn.name]?.[column] === true;
}
