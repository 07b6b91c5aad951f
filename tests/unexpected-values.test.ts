import { generateCode } from "./generate-code.ts";

/** What a client hands over that the types do not know: NULL where it cannot be, and values that are not PostgreSQL's text. */

const COLUMNS = { label: "text", total: "int", paid: "boolean", since: "timestamptz", tags: "text[]" };
const TEXT = { label: "a", total: "7", paid: "f", since: "2026-01-01 00:00:00+00", tags: "{a}" };

type Column = keyof typeof COLUMNS;
type Row = Record<Column, unknown>;
const columns = Object.keys(COLUMNS) as Column[];

interface Generated {
  readonly strict: (client: object) => Promise<Row[]>;
  readonly loose: (client: object) => Promise<Row[]>;
}

let generated: Awaited<ReturnType<typeof generateCode<Generated>>>;
beforeAll(async () => {
  const table = (name: string, rest: string) =>
    `create table ${name} (${columns.map((c) => `${c} ${COLUMNS[c]} ${rest}`).join(", ")});`;
  generated = await generateCode<Generated>(
    table("never_null", "not null") + table("maybe_null", ""),
    "-- name: Strict :many\nselect * from never_null;\n-- name: Loose :many\nselect * from maybe_null;",
    {},
  );
});
afterAll(() => generated.remove());

const client = (row: Row) => ({
  query: async () => ({ rows: [columns.map((column) => row[column])], rowCount: 1, command: "SELECT" }),
});

test("PostgreSQL's text is read", async () => {
  const read = { label: "a", total: 7, paid: false, since: "2026-01-01T00:00:00+00:00", tags: ["a"] };
  expect(await generated.module.strict(client(TEXT))).toEqual([read]);
  expect(await generated.module.loose(client(TEXT))).toEqual([read]);
});

test.each(columns)(
  "NULL in %s is an error that names query and column, or null where the type has it",
  async (column) => {
    const row = client({ ...TEXT, [column]: null });
    await expect(generated.module.strict(row)).rejects.toMatchObject({
      name: "DecodeError",
      query: "Strict",
      column,
      message: expect.stringContaining("is null, although it was not expected to be"),
    });
    expect((await generated.module.loose(row))[0]?.[column]).toBe(null);
  },
);

test.each([
  ["label", new Date(0)],
  ["total", 7],
  ["paid", true],
  ["paid", "true"],
  ["since", new Date(0)],
  ["tags", ["a"]],
] as const)("a client that decodes %s by itself is refused with a sentence", async (column, value) => {
  for (const [name, read] of Object.entries(generated.module).filter(([name]) =>
    /^(strict|loose)$/.test(name),
  ))
    await expect((read as Generated["strict"])(client({ ...TEXT, [column]: value }))).rejects.toMatchObject({
      name: "DecodeError",
      query: name[0]!.toUpperCase() + name.slice(1),
      column,
      message: expect.stringMatching(value === "true" ? /is not a boolean/ : /pg\.native/),
    });
});
