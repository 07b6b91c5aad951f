import fc from "fast-check";
import { CatalogFacts } from "../../src/infer/catalog-facts.ts";
import { formOfLike, formOfRegex } from "../../src/postgres/allowed-patterns.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";
import { quoteLiteral } from "../../src/sql/quoting.ts";
import { catalogReader } from "../catalog-reader.ts";

// The form that a CHECK demands of texts is never narrower than what PostgreSQL lets in.

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine?.close());

test.each([
  ["usr_%", ["usr", null]],
  [String.raw`usr\_%`, ["usr_", null]],
  ["%@%.com", [null, "@", null, ".com"]],
  ["a__b", ["a", null, "b"]],
  ["plain", ["plain"]],
  ["%", null],
  ["", null],
  ["trailing\\", null],
])("like %s", (pattern, form) => {
  expect(formOfLike(pattern)).toEqual(form);
});

test.each([
  ["^usr_", ["usr_", null]],
  ["^usr_[0-9a-f]+$", ["usr_", null]],
  ["^[a-z]+-[0-9]{4}$", [null, "-", null]],
  [String.raw`^v\d+\.\d+$`, ["v", null, ".", null]],
  ["^ab?c$", ["a", null, "c"]],
  ["^[[:alpha:]_]x$", [null, "x"]],
  ["^[]a]x$", [null, "x"]],
  // Where it does not begin at the start, anything may stand before it.
  ["usr_", null],
  ["^a|b", null],
  ["^(?i)a", null],
  ["^(ab)+c", null],
  [String.raw`^\mab`, null],
  ["^a**", null],
  ["^a$b", null],
  ["^.*$", null],
  ["***=^a", null],
])("~ %s", (pattern, form) => {
  expect(formOfRegex(pattern)).toEqual(form);
});

test("a form is that of the CHECKs that are certain", async () => {
  await engine.run(`
    create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create table forms (
      liked text check (liked like 'usr\\_%'), matched varchar(20) not null check (matched ~ '^[a-z]+-x$'),
      beside text check (length(beside) > 3 and beside like 'a%'), or_null text check (or_null is null or or_null like 'b%'),
      insensitive text check (insensitive ilike 'a%'), negated text check (negated not like 'a%'), either text check (either like 'a%' or either like 'b%'),
      similar_to text check (similar_to similar to 'a%'), escaped text check (escaped like 'a!%%' escape '!'), lowered text check (lower(lowered) like 'a%'),
      padded char(5) check (padded like 'a%'), late text, other text check (liked like 'z%')
    );
    alter table forms add constraint late check (late like 'c%') not valid;
    create view seen as select liked as passed, liked || '' as computed from forms;
  `);
  const reader = catalogReader(engine);
  await reader.prefetch();
  const facts = CatalogFacts.of(reader);
  const relations = await reader.userRelations();
  const relation = (name: string) => relations.find((one) => one.name === name)!;
  const found = (name: string) =>
    Object.fromEntries(
      [...relation(name).columns.values()].map((column) => [
        column.name,
        facts
          .textPattern(relation(name), column.number)
          ?.map((part) => part ?? "…")
          .join("") ?? null,
      ]),
    );
  expect(found("forms")).toMatchObject({
    matched: "…-x",
    beside: "a…",
    or_null: "b…",
    insensitive: null,
    negated: null,
    either: null,
    similar_to: null,
    escaped: null,
    lowered: null,
    padded: null,
    late: null,
    other: null,
  });
  expect(found("seen")).toEqual({ passed: found("forms").liked, computed: null });
});

const PIECES = [
  "a",
  "b",
  "_",
  "%",
  "\\",
  ".",
  "^",
  "$",
  "[ab]",
  "[^a]",
  "\\d",
  "+",
  "*",
  "?",
  "{2}",
  "-",
  "é",
  "\n",
  "|",
  "(",
];

test("what PostgreSQL lets in has the form", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }),
      fc.array(fc.array(fc.constantFrom("a", "b", "_", "1", "-", ".", "é", "\n", ""), { maxLength: 6 }), {
        minLength: 8,
        maxLength: 8,
      }),
      fc.boolean(),
      async (pieces, texts, isLike) => {
        const pattern = `${isLike ? "" : "^"}${pieces.join("")}`;
        const form = (isLike ? formOfLike : formOfRegex)(pattern);
        if (form === null) return;
        const literally = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        const allowed = new RegExp(
          `^${form.map((part) => (part === null ? "[^]*" : literally(part))).join("")}$`,
        );
        const values = texts.map((text) => `(${quoteLiteral(text.join(""))})`).join(", ");
        const rows = await engine.run(
          `select t from (values ${values}) v (t) where t ${isLike ? "like" : "~"} ${quoteLiteral(pattern)}`,
        );
        for (const { t } of rows) expect([pattern, t, allowed.test(String(t))]).toEqual([pattern, t, true]);
      },
    ),
    { numRuns: 300, seed: 15 },
  );
});
