import fc from "fast-check";
import type { Found } from "../../../src/check/findings/found.ts";
import { mendsOf } from "../../../src/check/findings/mends.ts";
import { RULES } from "../../../src/check/rules/registry.ts";
import { readCatalog } from "../../../src/check/schema/snapshot/read.ts";
import { EmbeddedEngine } from "../../../src/postgres/pglite.ts";
import type { Example } from "./examples.ts";
import { exampleText, readExample } from "./examples.ts";
import { vetExample } from "./vet-example.ts";

// What `vet --fix` writes: the finding is gone, the schema is what it was, and a second run has nothing to do.

let engine: EmbeddedEngine;
beforeAll(async () => {
  engine = await EmbeddedEngine.start();
});
afterAll(() => engine.close());

/** What is found, and the schema that the example's files lead to. */
async function look(example: Example): Promise<{ found: Found[]; schema: string }> {
  const found = await vetExample(engine, example);
  const { objects } = await readCatalog(engine);
  const parts = [...objects.values()].map(({ key, properties }) => JSON.stringify([key, properties])).sort();
  return { found, schema: parts.join("\n") };
}

function mended(example: Example, found: readonly Found[]): Example | null {
  const texts = new Map(example.files.map(({ path, text }) => [path, text]));
  const diagnostics = found.map((item) => ({ ...item, severity: "error" as const }));
  const { files } = mendsOf(diagnostics, (file) => texts.get(file));
  if (files.length === 0) return null;
  for (const { file, text } of files) texts.set(file, text);
  return { ...example, files: example.files.map(({ path }) => ({ path, text: texts.get(path)! })) };
}

/** Mends all that can be, and holds what came out against what there was. */
async function check(example: Example): Promise<{ codes: ReadonlySet<string>; last: string }> {
  const before = await look(example);
  const codes = new Set(before.found.filter(({ edits }) => edits).map(({ code }) => code));
  let now = example;
  let seen = before;
  for (let round = 0; ; round++) {
    const next = mended(now, seen.found);
    if (next === null) break;
    expect(round).toBeLessThan(10);
    now = next;
    seen = await look(now);
    expect(seen.schema).toBe(before.schema);
  }
  const left = seen.found.filter(({ code, edits }) => edits || (codes.has(code) && SURE.has(code)));
  expect(left.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  return { codes, last: now.files.at(-1)!.text };
}

/** Of these every finding of the templates below has a mend. */
const SURE = new Set([
  "index-not-concurrent",
  "drop-index-not-concurrent",
  "constraint-validates",
  "foreign-key-validates",
  "not-null-validates",
]);

/** The rules whose bad example can be mended for certain. */
const MENDED = ["transaction-nesting", "ambiguous-column-order", "identifier-too-long"];

test.each(process.env.SOLITUDE_FUZZ_RUNS ? [...RULES.keys()] : MENDED)(
  "%s: the bad example",
  async (code) => {
    const { codes } = await check(readExample(exampleText(code, "bad")));
    if (MENDED.includes(code)) expect(codes).toContain(code);
  },
);

const BASE = `create table box (id int primary key, a int, b text not null, "Odd ""one""" int);
create table other (id int primary key);
create index box_a on box (a);
create view seen as select id from box;`;

/** Statements for `{n}`, a number of their own. */
const STATEMENTS = [
  "create index i{n} on box (a)",
  "create unique index i{n} on public.box (b, a)",
  "CREATE /* why */ INDEX i{n} ON box USING btree (a)",
  'create index on box ("Odd ""one""")',
  "drop index box_a",
  "reindex table box",
  "alter table box add constraint c{n} check (a > {n})",
  'alter table only box add constraint "C {n}" check (a is distinct from {n}) -- why',
  "alter table public.box add constraint f{n} foreign key (a) references other (id)",
  "alter table box add constraint u{n} unique (a, b)",
  "alter table box alter column a set not null",
  'alter table "box" alter "Odd ""one""" set not null',
  "create table new{n} (id int)",
  "create sequence s{n}",
  "create schema made{n}",
  "drop view seen",
  "create table made_to_have_a_name_that_is_much_longer_than_sixty_three_bytes_x{n} (id int)",
];

const migration = fc
  .tuple(
    fc.uniqueArray(fc.nat(STATEMENTS.length - 1), { minLength: 1, maxLength: 5 }),
    fc.constantFrom("\n", "\r\n"),
    fc.boolean(),
    fc.constantFrom("", "-- solitude-gen-ignore drop-table it is not dropped\n"),
  )
  .map(([picked, lineEnd, isOpen, comment]) => {
    const list = picked.map((at, n) => STATEMENTS[at]!.replaceAll("{n}", String(n)));
    // A comment at its end would take the semicolon with it.
    const joined = list.map((one) => (/--/.test(one) ? one.replace(" --", "; --") : `${one};`)).join("\n");
    const text = `${comment}${isOpen ? joined.replace(/;$/, "") : `${joined}\n`}`;
    return text.replaceAll("\n", lineEnd);
  });

const OPTIONS = readExample("-- vet: { transaction: none, rules: { not-idempotent: info } }\n").options;

async function mends(text: string): Promise<ReadonlySet<string>> {
  const { codes, last } = await check({
    options: OPTIONS,
    base: [{ path: "1.sql", text: BASE }],
    files: [
      { path: "1.sql", text: BASE },
      { path: "2.sql", text },
    ],
  });
  // Line ends are the file's.
  if (text.includes("\r\n")) expect(last).not.toMatch(/[^\r]\n/);
  return codes;
}

test("every kind of statement, in one migration", async () => {
  const text = STATEMENTS.map(
    (one, n) => `${one.replaceAll("{n}", String(n)).replace(" --", "; --")};\r\n`,
  ).join("");
  expect([...(await mends(text))].sort()).toEqual([
    "constraint-builds-index",
    "constraint-validates",
    "drop-index-not-concurrent",
    "foreign-key-validates",
    "identifier-too-long",
    "index-not-concurrent",
    "not-idempotent",
    "not-null-validates",
    "reindex-not-concurrent",
  ]);
});

test("random migrations", async () => {
  await fc.assert(
    fc.asyncProperty(migration, async (text) => {
      await mends(text);
    }),
    {
      numRuns: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 2),
      seed: Number(process.env.SOLITUDE_SEED ?? 20_261_124),
    },
  );
});

test("two mends of one place: the first is made, the other none of it", () => {
  const edit = (start: number, end: number, text: string) => ({ span: { file: "a", start, end }, text });
  const one = { code: "x", severity: "error", message: "" } as const;
  const { files, mended } = mendsOf(
    [
      { ...one, edits: [edit(0, 2, "AB")] },
      { ...one, edits: [edit(1, 3, "no"), edit(4, 5, "no")] },
      { ...one, edits: [edit(4, 5, "E"), edit(4, 5, "E")] },
      { ...one, edits: [edit(3, 4, "no"), { span: { file: "gone", start: 0, end: 1 }, text: "" }] },
    ],
    (file) => (file === "a" ? "abcdef" : undefined),
  );
  expect(files).toEqual([{ file: "a", was: "abcdef", text: "ABcdEf" }]);
  expect(mended).toHaveLength(2);
});
