import { analyzeQuery } from "../../src/analysis/analyze-query.ts";
import type { CatalogReader } from "../../src/postgres/catalog-reader.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { catalogReader } from "../catalog-reader.ts";
import { source } from "./query-source.ts";

// What CHECKs and conditions prove together, form by form: each column is in one CHECK, which its comment is about.

const SCHEMA = `
  create extension citext;
  create domain label as text;
  create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  create type grade as enum ('low', 'high');
  create type pair as (x int, y int);
  create table t (
    id int primary key, state text not null, kind int not null, big bigint not null, active boolean not null, at date not null,
    short varchar(9) not null, size numeric not null, word citext not null, grade grade not null, loose int, flag boolean,
    same int, check ((state = 'done') = (same is not null)),
    other int, check ((state = 'done') = (other is null)),
    not_other int, check (not ((state = 'done') = (not_other is null))),
    not_same int, check (not ((state = 'done') = (not_same is not null))),
    turned int, check ((turned is not null) = (state = 'done')),
    both_unknown int, check ((loose is null) = (both_unknown is null)),
    both1 int, both2 int, check (state = 'draft' or (both1 is not null and both2 is not null)),
    either1 int, either2 int, check (state = 'draft' or either1 is not null or either2 is not null),
    by_flag int, check (not active or by_flag is not null),
    by_negation int, check (not (active and by_negation is null)),
    of_or1 boolean, of_or2 int, check (state = 'draft' or not (of_or1 is null or of_or2 is null)),
    of_and int, check (state = 'draft' or not (kind = 0 and of_and is null)),
    twice int, check (not not (state = 'draft' or twice is not null)),
    listed int, check (case when state in ('done', 'paid') then listed is not null else true end),
    not_listed int, check (state in ('done', 'paid') or not_listed is not null),
    unlisted int, check (state not in ('done', 'paid') or unlisted is not null),
    any_other int, check (state <> any (array['done', 'paid']) or any_other is not null),
    all_same int, check (state = all (array['done', 'done']) or all_same is not null),
    in_unknown int, check (kind not in (1, loose) or in_unknown is not null),
    when_and int, check (case when active and kind = 1 then when_and is not null else true end),
    when_or int, check (case when active or kind = 1 then when_or is not null else true end),
    when_not int, check (case when not active then true else when_not is not null end),
    when_not_known int, check (case when not (loose = 1) then when_not_known is not null else true end),
    when_null int, check (case when null then true else when_null is not null end),
    when_true int, check (case when true then when_true is not null else false end),
    when_there int, check (case when same is not null then when_there is not null else true end),
    when_gone int, check (case when same is null then true else when_gone is not null end),
    when_loose int, check (case when loose is null then true else when_loose is not null end),
    when_simple int, check (case kind when 1 then when_simple is not null else true end),
    when_second int, check (case when kind = 1 then true when kind = 2 then when_second is not null else when_second is not null end),
    or_null int, check (null or or_null is not null),
    and_null int, check (state = 'draft' or (case when active and null then true else and_null is not null end)),
    as_row int, check (row (id, as_row) is not null),
    as_null_row int, check (not (row (as_null_row) is null)),
    of_kind int, check (kind <> 1 or of_kind is not null),
    of_big int, check (big <> 1 or of_big is not null),
    across int, check (big = 1::int or across is not null),
    of_date int, check (at <> '2024-01-01' or of_date is not null),
    of_short int, check (short <> 'a' or of_short is not null),
    not_short int, check (short = 'a' or not_short is not null),
    of_size int, check (size = 1.0 or of_size is not null),
    same_size int, check (size <> 1.0 or same_size is not null),
    of_word int, check (word = 'a' or of_word is not null),
    rowed pair, of_row int, check (rowed is null or of_row is not null),
    whole_row pair, check (state = 'draft' or whole_row is not null),
    any_row pair, check (state = 'draft' or not (any_row is null)),
    in_rows int, check (kind <> all (array[array[1], array[2]]) or in_rows is not null),
    of_null int, check (kind <> null or of_null is not null),
    folded text collate nocase not null, of_folded int, check (folded = 'a' or of_folded is not null),
    same_folded int, check (folded <> 'a' or same_folded is not null),
    of_least int, check (kind <= 1 or of_least is not null),
    of_grade int, check (grade = 'low' or of_grade is not null)
  );
`;

/** Of the columns that can be NULL. */
const ALWAYS = "when_null when_true";
const CASES: readonly (readonly [condition: string, proven: string])[] = [
  ["true", ""],
  [
    "state = 'done'",
    "same not_other turned both1 both2 of_or1 of_or2 twice whole_row any_row listed unlisted when_there when_gone",
  ],
  ["state = 'paid'", "other not_same both1 both2 of_or1 of_or2 twice whole_row any_row listed unlisted"],
  ["state = 'draft'", "other not_same not_listed"],
  ["'gone' = state", "other not_same both1 both2 of_or1 of_or2 twice whole_row any_row not_listed"],
  ["state > 'done'", ""],
  ["state::label = 'draft'", "other not_same not_listed"],
  ["state::varchar::label = 'draft'", "other not_same not_listed"],
  ["lower(state) = 'draft'", ""],
  [
    "state = 'done' and active = true",
    "same not_other turned both1 both2 of_or1 of_or2 twice whole_row any_row listed unlisted when_there when_gone and_null by_flag by_negation when_or when_not",
  ],
  [
    "state = 'done' and same is null",
    "same not_other turned both1 both2 of_or1 of_or2 twice whole_row any_row listed unlisted when_there when_gone",
  ],
  ["active = true", "by_flag by_negation when_or when_not"],
  ["active = false", ""],
  ["active = true and kind = 1", "by_flag by_negation when_or when_not when_and of_kind in_unknown"],
  ["active = false and kind = 2", "when_second"],
  ["kind = 1", "when_or of_kind in_unknown"],
  ["kind = 2", "when_second"],
  [
    "kind = 0 and state = 'x'",
    "other not_same both1 both2 of_or1 of_or2 twice whole_row any_row not_listed of_and when_second",
  ],
  ["rowed <> row (null, null)::pair", "rowed"],
  ["kind = null", ""],
  ["loose is not null", "loose both_unknown when_loose"],
  ["loose = 2 and kind = 2", "loose both_unknown when_loose when_second in_unknown when_not_known"],
  ["loose = 1 and kind = 1", "loose both_unknown when_loose when_or of_kind in_unknown"],
  // The constant of the CHECK is an int4.
  ["big = 1", "of_big"],
  ["big = 2", "across"],
  ["big = 1::bigint", ""],
  ["big = 2::bigint", ""],
  ["at = '2024-01-01'", "of_date"],
  ["at = '2024-01-02'", ""],
  ["short = 'a'", "of_short"],
  ["short = 'b'", "not_short"],
  ["short = 'ab'", "not_short"],
  ["short = 'a'::varchar", "of_short"],
  ["short = 'b'::varchar", "not_short"],
  // Of a collation of the project's own other bytes may be the same text.
  ["folded = 'a'", "same_folded"],
  ["folded = 'b'", ""],
  ["size = 1.0", "same_size"],
  ["size = 1.00", ""],
  ["word = 'A'", ""],
  ["grade = 'high'", "of_grade"],
  ["grade = 'low'", ""],
];

let engine: EmbeddedEngine;
let catalog: CatalogReader;
beforeAll(async () => {
  engine = await EmbeddedEngine.start({ snapshot: null, extensions: ["citext"], root: "." });
  await engine.run(SCHEMA);
  catalog = catalogReader(engine);
  await catalog.prefetch();
});
afterAll(() => engine.close());

/** Those of them that are NOT NULL by themselves. */
const DECLARED = new Set("id state kind big active at short size word grade folded".split(" "));
test.each(CASES)("where %s", async (condition, expected) => {
  const result = await analyzeQuery(source(`select * from t where ${condition}`), engine, catalog);
  if (!("query" in result)) throw new Error(result.diagnostics[0]?.message);
  const proven = result.query.columns.filter(({ name, nullable }) => !nullable && !DECLARED.has(name));
  const wanted = `${ALWAYS} ${expected}`.trim().split(" ").sort();
  expect(proven.map(({ name }) => name).sort()).toEqual(wanted);
});
