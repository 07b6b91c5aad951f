import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "esbuild";
import { typescriptOptions } from "../../src/config/options/typescript.ts";
import { emitTypeScript } from "../../src/emit/emit.ts";
import { functionName } from "../../src/emit/names.ts";
import { scopeMethod } from "../../src/emit/tenant.ts";
import type { Catalog, Oid, PgType, RelationColumn } from "../../src/model/catalog.ts";
import type { Column, Command, Param, Query } from "../../src/model/query.ts";
import { constantSql } from "../../src/model/sql.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "../../..");
const base = (oid: Oid, name: string): PgType => ({
  oid,
  schema: "pg_catalog",
  name,
  display: name,
  comment: null,
  kind: "base",
  extension: null,
});
const types: PgType[] = [
  ...["bool", "int4", "int8", "text", "bytea", "jsonb", "timestamptz", "bpchar"].map((n, i) =>
    base(i + 1, n),
  ),
  { ...base(20, "_text"), kind: "array", element: 4, display: "text[]" },
  { ...base(21, "color"), schema: "public", kind: "enum", labels: ["red", "it's */"] },
  {
    ...base(22, "address"),
    schema: "public",
    kind: "composite",
    standalone: true,
    attributes: [
      { name: "street", number: 1, type: 4, comment: null },
      { name: "colors", number: 2, type: 24, comment: null },
    ],
  },
  { ...base(23, "int4range"), kind: "range", subtype: 2 },
  { ...base(24, "_color"), schema: "public", kind: "array", element: 21 },
  { ...base(25, "email"), schema: "public", kind: "domain", base: 4, notNull: false, values: null },
] as PgType[];
const rc = (number: number, name: string, type: Oid, nullable = false): RelationColumn => ({
  number,
  name,
  type,
  nullable,
  hasDefault: false,
  generated: false,
  values: null,
  comment: name === "bio" ? "ends */ here" : null,
});
const relation = (oid: Oid, name: string, columns: RelationColumn[]) => ({
  oid,
  schema: "public",
  name,
  kind: "table" as const,
  rowType: 0,
  columns,
  comment: null,
  partitionOf: null,
});
const catalog: Catalog = {
  types: new Map(types.map((t) => [t.oid, t])),
  relations: [
    relation(100, "authors", [rc(1, "id", 3), rc(2, "bio", 4, true)]),
    ...["promises", "objects", "clients", "buffers", "records", "errors"].map((n, i) =>
      relation(200 + i, n, [rc(1, "__proto__", 3), rc(2, "constructor", 5)]),
    ),
  ],
};
const col = (
  name: string,
  type: Oid,
  nullable = false,
  table: string | null = null,
  more: Partial<Column> = {},
): Column => ({
  name,
  type,
  display: types.find((t) => t.oid === type)!.display,
  nullable,
  because: { code: nullable ? "nullable-column" : "not-null-column" },
  elementsNullable: true,
  dimensions: null,
  origin: table === null ? null : { schema: "public", table, column: name },
  values: null,
  shape: null,
  ...more,
});
const par = (number: number, name: string, type: Oid, nullable = false): Param => ({
  number,
  name,
  type,
  display: types.find((t) => t.oid === type)!.display,
  nullable,
  because: { name: { code: "no-name" }, nullable: { code: "shown-null" } },
  elementsNullable: true,
  slice: false,
  origin: null,
  values: null,
});
const query = (name: string, command: Command, more: Partial<Query> = {}): Query => ({
  name,
  command,
  span: { file: "queries/query.sql", start: 0, end: 0 },
  line: 1,
  comments: [],
  sql: constantSql("select 1"),
  rows: {
    atLeastOne: false,
    atMostOne: true,
    because: { atLeastOne: { code: "may-be-empty" }, atMostOne: { code: "unique-key" } },
  },
  statement: "select",
  params: [],
  columns: [],
  embeds: [],
  relations: [],
  insert: null,
  privileges: [],
  ...more,
});
const author = [col("id", 3, false, "authors"), col("bio", 4, true, "authors")];
const TRICKY = "select '`${x}\\d' -- */\n";
const queries: Query[] = [
  query("GetAuthor", ":one", {
    params: [par(1, "id", 3)],
    columns: author,
    sql: constantSql(TRICKY),
    comments: ["Gets */ one."],
    relations: ["public.authors"],
  }),
  query("Everything", ":many", {
    columns: [
      col("is_ok", 1),
      col("n", 2, true),
      col("id", 3),
      col("id", 3),
      col("?column?", 5),
      col("doc", 6, true),
      col("tags", 20, true),
      col("c", 21, true),
      col("addr", 22),
      col("span", 23),
      col("__proto__", 4),
      col("constructor", 25),
      col("j", 6, false, null, {
        shape: {
          kind: "array",
          elementNullable: false,
          element: {
            kind: "object",
            fields: [{ name: "a-b", nullable: true, shape: { kind: "scalar", type: 3, values: null } }],
          },
        },
      }),
      col("s", 4, false, null, { values: ["a", "b"] }),
    ],
    params: [
      par(1, "tags", 20),
      par(2, "doc", 6),
      par(3, "addr", 22, true),
      par(4, "r", 23),
      par(5, "c", 21),
      par(6, "c", 24),
      par(7, "bytes", 5),
      par(8, "", 1, true),
    ],
  }),
  query("Some", ":many", {
    columns: [col("n", 2)],
    params: [
      { ...par(1, "most", 3, true), countsRows: true },
      { ...par(2, "skip", 3), countsRows: true },
    ],
  }),
  query("WithEmbed", ":many", {
    columns: [col("x", 2), ...author.map((c) => ({ ...c, nullable: true })), col("y", 2)],
    embeds: [{ name: "authors", start: 1, length: 2, relation: 100, nullable: true, presence: 1 }],
  }),
  query("Delete", ":exec"),
  query("Touch", ":execrows"),
  query("Run", ":execresult"),
  query("None", ":one"),
  query("Object", ":many"),
  query("B1", ":batchexec", { params: [par(1, "id", 3)] }),
  query("B2", ":batchone", { params: [par(1, "id", 3)], columns: author }),
  query("B3", ":batchmany", { params: [par(1, "id", 3)], columns: [col("n", 2)] }),
  query("Load", ":copyfrom", {
    params: [par(1, "id", 3), par(2, "tags", 20, true), par(3, "code", 8), par(4, "c", 21)],
    insert: { schema: "public", table: "t", columns: ["id", "tags", "code", "c"] },
  }),
];
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, "generator/test/emit/tmp-"));
});
afterAll(() => {
  try {
    compileTogether();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function write(
  name: string,
  options: object,
  extra: Record<string, string> = {},
  of: readonly Query[] = queries,
  on: Catalog = catalog,
  told: readonly string[] = [],
): { dir: string; files: Map<string, string> } {
  const { files, diagnostics } = emitTypeScript(
    { index: 0, catalog: on, queries: of },
    typescriptOptions.parse(options),
  );
  expect(diagnostics.filter(({ code }) => !told.includes(code))).toEqual([]);
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  for (const [path, contents] of [
    ...files.map((f) => [f.path, f.contents] as const),
    ...Object.entries(extra),
  ])
    writeFileSync(join(dir, path), contents);
  writeFileSync(join(dir, "package.json"), '{"type":"module"}');
  return { dir, files: new Map(files.map((f) => [f.path, f.contents])) };
}
/** Names of folders that are compiled together when all tests have written theirs: for each by itself the compiler would read the libraries again. */
const together = { newest: new Set<string>(), oldest: new Set<string>() };
/** Throws with the place of what does not compile, whose folder is named as the one that a test has written. */
function compileTogether(): void {
  if (together.newest.size > 0) compile(folder, "nodenext", "es2023", "node", together.newest);
  if (together.oldest.size > 0) compile(folder, "esnext", "es2017", "node", together.oldest);
}
function compile(
  dir: string,
  module = "nodenext",
  target = "es2023",
  types = "node",
  folders: Iterable<string> = ["."],
): void {
  const resolution = module === "nodenext" ? "nodenext" : "bundler";
  const flags =
    "--noEmit --strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --verbatimModuleSyntax --isolatedModules --erasableSyntaxOnly --noUnusedLocals --noUnusedParameters --noImplicitOverride --declaration --isolatedDeclarations --skipLibCheck";
  writeFileSync(
    join(dir, "tsconfig.json"),
    JSON.stringify({ include: Array.from(folders, (name) => `${name}/*.ts`) }),
  );
  try {
    execFileSync(
      join(ROOT, "node_modules/.bin/tsc"),
      [
        "-p",
        dir,
        // As tests/one-checker.ts has it.
        ...["--checkers", "1"],
        ...flags.split(" "),
        "--types",
        types,
        "--target",
        target,
        "--module",
        module,
        "--moduleResolution",
        resolution,
      ],
      { encoding: "utf8" },
    );
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}
const USE = `import pg from "pg";
import { getAuthor, everything, load, type GetAuthorRow, type Author, type Client } from "./index.js";
export async function use(pool: pg.Pool, client: pg.Client, pooled: pg.PoolClient): Promise<void> {
  for (const c of [pool, client, pooled]) { const r: Author | null = await getAuthor(c, { id: "1" }); void r; }
  await getAuthor(pool, { id: "1" }); await getAuthor(client, { id: "1" }); await getAuthor(pooled, { id: "1" });
  const fake: Client = { query: async () => ({ rows: [], rowCount: 0, command: "" }) };
  const row: GetAuthorRow | null = await getAuthor(fake, { id: "1" }); void row; void everything; void load;
}
`;

test.each([
  ["defaults", {}],
  [
    "other",
    {
      property_case: "preserve",
      optional_params: true,
      emit_prepared_queries: true,
      int8: "bigint",
      timestamptz: "date",
      ranges: "string",
      json: "unknown",
    },
  ],
  [
    "overrides",
    {
      int8: "number",
      overrides: [
        { db_type: "text", ts_type: "`x${string}`" },
        {
          column: "Everything.n",
          nullable: false,
          ts_type: { name: "Id", from: "./mine.js" },
          decode: { name: "toId", from: "./mine.js" },
        },
      ],
    },
  ],
  ["temporal", { date: "temporal", timestamp: "temporal", timestamptz: "temporal" }],
])("compiles strictly: %s", (name, options) => {
  const { dir } = write(name, options, {
    "mine.ts":
      "export type Id = { id: number };\nexport const toId = (t: string): Id => ({ id: Number(t) });\n",
    ...(name === "defaults" ? { "use.ts": USE } : {}),
    ...(name === "temporal" ? { "lib.ts": '/// <reference lib="esnext.temporal" />\nexport {};\n' } : {}),
  });
  // As old as there are applications: the libraries of the target are all that it may use.
  if (name !== "temporal") {
    together.newest.add(name);
    together.oldest.add(name);
    return;
  }
  // Its library would be the others', too.
  compile(dir);
  compile(dir, "esnext", "es2017");
});
test("compiles without Node's types, unless there are bytes", () => {
  const withoutBytes = catalog.relations.filter(({ columns }) => columns.every(({ type }) => type !== 5));
  const one = query("GetAuthor", ":one", { columns: author, params: [par(1, "id", 3)] });
  const set = { index: 0, catalog: { ...catalog, relations: withoutBytes }, queries: [one] };
  const dir = join(folder, "no-types");
  mkdirSync(dir, { recursive: true });
  const { files } = emitTypeScript(set, typescriptOptions.parse({}));
  for (const { path, contents } of files) writeFileSync(join(dir, path), contents);
  compile(dir, "esnext", "es2020", "");
  // Bytes are a Buffer, which the compiler asks Node's types for.
  expect(() => compile(write("bytes-without-types", {}).dir, "esnext", "es2020", "")).toThrow(
    /Cannot find name 'Buffer'. Do you need to install type definitions for node/,
  );
});
const USE_POSTGRES_JS = `import postgres from "postgres";
import { type Author, everything, getAuthor, load } from "./index.js";
export async function use(sql: postgres.Sql, custom: postgres.Sql<{ point: number[] }>): Promise<void> {
  const author: Author | null = await getAuthor(sql, { id: "1" }); void author;
  await getAuthor(custom, { id: "1" });
  const reserved = await sql.reserve(); await getAuthor(reserved, { id: "1" });
  await sql.begin(async (tx) => { await getAuthor(tx, { id: "1" }); await tx.savepoint((s) => getAuthor(s, { id: "1" })); });
  void everything; void load;
}
`;
test("compiles on postgres.js", () => {
  write("postgres-js", { driver: "postgres" }, { "use.ts": USE_POSTGRES_JS });
  together.newest.add("postgres-js");
});
test("compiles on the runtime", () => {
  write("runtime", { driver: "@solitude/runtime" });
  together.newest.add("runtime");
});
test("a facade has every file of queries under a name of its own", () => {
  const files = [
    "queries/api_keys.sql",
    "queries/health.sql",
    "other/api-keys.sql",
    "queries/1.sql",
    "queries/last.sql",
  ];
  const set = files.map((file, i) =>
    query(`Get${i}`, ":one", { columns: author, span: { file, start: 0, end: 0 } }),
  );
  const options = { driver: "@solitude/runtime", emit_facade: "Shop" };
  const { diagnostics } = emitTypeScript(
    { index: 0, catalog, queries: set },
    typescriptOptions.parse(options),
  );
  expect(
    diagnostics.map(({ code, severity, message, span }) => [code, severity, message, span?.file]),
  ).toEqual([
    [
      "file-name-taken",
      "info",
      "the queries of queries/health.sql are reached as `healthQueries`, as `health` is a member of Shop itself",
      "queries/health.sql",
    ],
    [
      "file-name-taken",
      "info",
      "the queries of other/api-keys.sql are reached as `apiKeys2`, as `apiKeys` is that of another file's queries",
      "other/api-keys.sql",
    ],
    [
      "file-name-taken",
      "info",
      "the queries of queries/last.sql are reached as `lastQueries`, as `last` is a member of Shop itself",
      "queries/last.sql",
    ],
  ]);
  const { files: written } = write("facade", options, {}, [...queries, ...set], catalog, ["file-name-taken"]);
  const facade = written.get("facade.ts") ?? "";
  expect(Array.from(facade.matchAll(/^ {2}(\w+): module_/gm), (m) => m[1])).toEqual([
    "query",
    "apiKeys",
    "healthQueries",
    "apiKeys2",
    "_1",
    "lastQueries",
  ]);
  expect(facade).toContain("export function createShop(config: DatabaseConfig): Shop {");
  together.newest.add("facade");
});
test("tenants whose key no query has, or that has several types, are said", () => {
  const options = typescriptOptions.parse({
    driver: "@solitude/runtime",
    emit_facade: "Shop",
    tenant: { column: "shop_id", setting: "app.shop_id", tables: { authors: "id" } },
  });
  const key = (type: Oid, origin: Param["origin"]): Param => ({ ...par(1, "shop_id", type), origin });
  const codes = (...params: Param[]) => {
    const set = params.map((one, i) => query(`Q${i}`, ":exec", { params: [one] }));
    return emitTypeScript({ index: 0, catalog, queries: set }, options).diagnostics.map(({ code }) => code);
  };
  expect(codes(key(2, { schema: "public", table: "goods", column: "other" }))).toEqual([
    "tenant-without-key",
  ]);
  expect(codes(key(2, null))).toEqual([]);
  const named = { column: "client_id", setting: "app.client_id", tables: {}, except: [] };
  expect(scopeMethod(named)).toBe("clientScope");
  expect(scopeMethod({ ...named, column: "workspace_id" })).toBe("workspace");
  expect(scopeMethod({ ...named, method: "of" })).toBe("of");
  expect(codes(key(2, null), key(4, { schema: "public", table: "authors", column: "id" }))).toEqual([
    "tenant-key-types",
  ]);
});
test("a domain column keeps its domain, and its row is the model, although PostgreSQL describes the base type", () => {
  const users = relation(300, "users", [rc(1, "mail", 25)]);
  const q = query("GetUser", ":one", { columns: [col("mail", 4, false, "users")] });
  const set = { index: 0, catalog: { ...catalog, relations: [users] }, queries: [q] };
  const { files } = emitTypeScript(set, typescriptOptions.parse({}));
  expect(files.find((f) => f.path === "query_sql.ts")?.contents).toContain("export type GetUserRow = User;");
});
test("same input, same bytes", () => {
  expect(write("a", {}).files).toEqual(write("a", {}).files);
});
test("runs", async () => {
  const { dir, files } = write("run", {});
  for (const [path, contents] of files)
    writeFileSync(
      join(dir, path.replace(/ts$/, "js")),
      transformSync(contents, { loader: "ts", target: "es2022" }).code,
    );
  const m = await import(pathToFileURL(join(dir, "index.js")).href);
  const sent: { text: string; values: unknown[] }[] = [];
  let rows: (string | null)[][] = [];
  const client = {
    query: async (c: { text: string; values: unknown[] }) => {
      sent.push(c);
      return { rows, rowCount: 3, command: "X" };
    },
  };
  expect(m.getAuthorQuery).toBe(`-- name: GetAuthor :one\n${TRICKY}`);
  expect(await m.getAuthor(client, { id: "1" })).toBeNull();
  rows = [
    ["1", null],
    ["2", "x"],
  ];
  expect(await m.getAuthor(client, { id: "1" })).toEqual({ id: "1", bio: null });
  rows = [
    [
      "t",
      null,
      "7",
      "8",
      "\\x00ff",
      "null",
      "{a,NULL}",
      "red",
      '("x ""y",{red})',
      "[1,5)",
      "p",
      "q",
      '[{"a-b":1}]',
      "a",
    ],
  ];
  const args = {
    tags: ['a"b', null],
    doc: "text",
    addr: null,
    r: "empty",
    c: "red",
    c2: ["red"],
    bytes: Buffer.from("z"),
    column: null,
  };
  const [row] = await m.everything(client, args);
  expect(row).toMatchObject({
    isOk: true,
    n: null,
    id: "7",
    id2: "8",
    column: Buffer.from([0, 255]),
    doc: null,
    tags: ["a", null],
    c: "red",
    addr: { street: 'x "y', colors: ["red"] },
    j: [{ "a-b": 1 }],
  });
  expect(row.span).toEqual({ lower: 1, upper: 5, lowerInclusive: true, upperInclusive: false });
  expect(Object.hasOwn(row, "constructor")).toBe(true);
  expect(sent.at(-1)?.values).toEqual([
    '{"a\\"b",NULL}',
    '"text"',
    null,
    "empty",
    "red",
    '{"red"}',
    Buffer.from("z"),
    null,
  ]);
  rows = [
    ["1", null, null, "2"],
    ["1", "9", "b", "2"],
  ];
  expect(await m.withEmbed(client)).toEqual([
    { x: 1, authors: null, y: 2 },
    { x: 1, authors: { id: "9", bio: "b" }, y: 2 },
  ]);
  expect([await m.delete_(client), await m.touch(client), await m.run(client)]).toEqual([
    undefined,
    3,
    { rowCount: 3, command: "X" },
  ]);
  expect(await m.b3(client, [{ id: "1" }])).toEqual([{ status: "fulfilled", value: [{ n: 1 }, { n: 1 }] }]);
  expect(
    await m.load(client, [
      { id: "1", tags: ["a"], code: "x", c: "red" },
      { id: "2", tags: null, code: "y", c: "red" },
    ]),
  ).toBe(3);
  expect(sent.at(-1)).toMatchObject({
    values: ['{"1","2"}', '{"{\\"a\\"}",NULL}', '{"x","y"}', '{"red","red"}'],
  });
  expect(sent.at(-1)?.text).toContain('c3::"pg_catalog"."bpchar", c4::"public"."color"');
});

test("a row that is certain is no null; else a function that throws stands beside, and takes no author's name", () => {
  const certain = {
    rows: {
      atLeastOne: true,
      atMostOne: true,
      because: { atLeastOne: { code: "lone-aggregate" }, atMostOne: { code: "one-group" } },
    },
  } as const;
  const set = {
    index: 0,
    catalog,
    queries: [
      query("Find", ":one", { columns: author }),
      query("FindOrThrow", ":one", { columns: author, ...certain }),
      query("Delete", ":one", { columns: author }),
      query("Each", ":batchone", { columns: author }),
      query("EachCertain", ":batchone", { columns: author, ...certain }),
      query("List", ":many", { columns: author }),
    ],
  };
  for (const driver of ["pg", "@solitude/runtime"] as const) {
    const { files } = emitTypeScript(set, typescriptOptions.parse({ driver }));
    const text = files.find(({ path }) => path === "query_sql.ts")!.contents;
    const functions = text.matchAll(/^export async function (\w+)\([^)]*(?:\{\}\[\])?[^)]*\): (.*) \{$/gm);
    expect(Array.from(functions, ([, name, result]) => `${name}: ${result}`)).toEqual([
      "find: Promise<FindRow | null>",
      "findOrThrow2: Promise<FindRow>",
      "findOrThrow: Promise<FindOrThrowRow>",
      "delete_: Promise<DeleteRow | null>",
      "deleteOrThrow: Promise<DeleteRow>",
      "each: Promise<PromiseSettledResult<EachRow | null>[]>",
      "eachOrThrow: Promise<PromiseSettledResult<EachRow>[]>",
      "eachCertain: Promise<PromiseSettledResult<EachCertainRow>[]>",
      "list: Promise<ListRow[]>",
    ]);
    const index = files.find(({ path }) => path === "index.ts")!.contents;
    // Those of the runtime are the runtime's.
    expect(index.includes("NoRowsError")).toBe(driver === "pg");
  }
});

test("rows are read as they come, but where that calls what is the application's", () => {
  const many = (name: string, columns: readonly Column[], more: Partial<Query> = {}): Query =>
    query(name, ":many", { columns, ...more });
  const embeds = [{ name: "own", start: 0, length: 2, relation: 100, nullable: false, presence: null }];
  const set = {
    index: 0,
    catalog,
    queries: [
      many("Plain", author),
      many("Composite", [col("addr", 22)]),
      many("Decoded", [col("id", 3), col("n", 2)]),
      many("Listed", [col("tags", 20)]),
      many("Checked", [col("doc", 6, true)]),
      many("Embedded", [col("id", 3, false, "authors"), col("n", 2)], { embeds }),
    ],
  };
  const early = (overrides: readonly object[], driver = "@solitude/runtime"): string[] => {
    const { files } = emitTypeScript(set, typescriptOptions.parse({ driver, overrides }));
    const text = files.find(({ path }) => path === "query_sql.ts")!.contents;
    return Array.from(text.matchAll(/client\.query\(.*, read(\w+)\);/g), ([, name = ""]) => name);
  };
  const all = set.queries.map(({ name }) => name);
  const mine = (name: string) => ({ name, from: "./mine.js" });
  expect(early([])).toEqual(all);
  expect(early([], "pg")).toEqual([]);
  expect(early([{ db_type: "int4", ts_type: "`${number}`" }])).toEqual(all);
  expect(early([{ column: "*.doc", schema: mine("Doc") }])).toEqual(all);
  expect(early([{ db_type: "int4", decode: mine("toId") }])).toEqual(["Plain", "Listed", "Checked"]);
  expect(early([{ db_type: "text", decode: { name: "toText" } }])).toEqual([
    "Decoded",
    "Listed",
    "Checked",
    "Embedded",
  ]);
  expect(early([{ column: "Checked.doc", schema: mine("Doc"), check: "read" }])).toEqual([
    "Plain",
    "Decoded",
    "Listed",
    "Embedded",
  ]);
});

const paged = (name: string, params: Param[] = []): Query =>
  query(name, ":many", {
    columns: [col("id", 3)],
    params: [...params, par(params.length + 1, "most", 3)],
    sql: {
      ...constantSql("select 1"),
      orders: ["id", "n"],
      page: {
        version: "0",
        keys: [[0], [0]],
        params: [[], []],
        dated: [],
        limit: { param: params.length + 1 },
      },
    },
  });
/** The functions of a module, without those that are made up beside. */
const functionsOf = (contents: string): string[] =>
  Array.from(contents.matchAll(/^export async function (\w+)\(/gm), ([, name = ""]) => name);

test.each(["pg", "postgres", "@solitude/runtime"] as const)(
  "what the codec module declares takes no name of a query or a table, on %s",
  (driver) => {
    const before = emitTypeScript(
      { index: 0, catalog, queries: [paged("First")] },
      typescriptOptions.parse({ driver }),
    );
    const codec = before.files.find(({ path }) => path === "codec.ts")!.contents;
    const declared = Array.from(
      codec.matchAll(/^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm),
      ([, name = ""]) => name,
    );
    expect(declared).toEqual(expect.arrayContaining(["pages", "adaptive", "text", "json", "Page", "Cursor"]));
    const names = declared.filter((name) => /^[a-z]/.test(name));
    const own = names.map((name) => query(`${name[0]!.toUpperCase()}${name.slice(1)}`, ":exec"));
    const tables = ["pages", "cursors"].map((name, i) => relation(400 + i, name, [rc(1, "id", 3)]));
    const set = { ...catalog, relations: [...catalog.relations, ...tables] };
    const name = `codec-names-${driver.replace(/\W/g, "")}`;
    const { files } = write(name, { driver }, {}, [paged("First"), ...own], set);
    expect(functionsOf(files.get("query_sql.ts")!)).toEqual([
      "first",
      ...own.map(({ name }) => functionName(name)),
    ]);
    const models = Array.from(
      files.get("models.ts")!.matchAll(/^export interface (\w+)/gm),
      ([, name]) => name,
    );
    expect(models).toEqual(expect.arrayContaining(["Page", "Cursor"]));
    together.newest.add(name);
  },
);

test("authors name functions before the generator names what is made up, and what is named otherwise is said", () => {
  const span = { file: "queries/query.sql", start: 7, end: 9 };
  const queries = [
    query("GetUser", ":many", { columns: author }),
    query("GetUserStream", ":many", { columns: author }),
    query("getUser", ":exec", { span }),
    query("ColorValues", ":exec"),
  ];
  const options = typescriptOptions.parse({ driver: "@solitude/runtime" });
  const { files, diagnostics } = emitTypeScript({ index: 0, catalog, queries }, options);
  const text = files.find(({ path }) => path === "query_sql.ts")!.contents;
  expect(functionsOf(text)).toEqual(["getUser", "getUserStream", "getUser2", "colorValues2"]);
  expect(text).toContain("export async function* getUserStream2(");
  expect(diagnostics.map(({ code, severity, message }) => [code, severity, message])).toEqual([
    ["query-name-taken", "warning", expect.stringMatching(/"getUser" is called getUser2/)],
    ["query-name-taken", "warning", expect.stringMatching(/"ColorValues" is called colorValues2/)],
  ]);
  expect(diagnostics[0]!.span).toEqual(span);
});

test("a parameter that has the name by which a page is asked for is said", () => {
  const codesOf = (...queries: Query[]) =>
    emitTypeScript({ index: 0, catalog, queries }, typescriptOptions.parse({})).diagnostics.map(
      ({ code, message }) => [code, message],
    );
  expect(codesOf(paged("List", [par(1, "after", 7)]))).toEqual([
    ["parameter-name-taken", expect.stringContaining("is given as `after2`")],
  ]);
  expect(
    codesOf(paged("List", [par(1, "since", 7)]), query("Get", ":exec", { params: [par(1, "after", 7)] })),
  ).toEqual([]);
});

test("an argument that may be left out is called as no member that every object has", () => {
  const queries = [
    query("Add", ":exec", { params: [par(1, "constructor", 7, true), par(2, "note", 7, true)] }),
    query("Find", ":exec", {
      params: [par(1, "value_of", 7), par(2, "to_string", 7)],
      sql: { ...constantSql("select 1"), deciding: [{ number: 1, by: "absence" }] },
    }),
  ];
  const options = typescriptOptions.parse({ optional_params: true });
  const { files, diagnostics } = emitTypeScript({ index: 0, catalog, queries }, options);
  const text = files.find(({ path }) => path === "query_sql.ts")!.contents;
  expect(text).toMatch(/ {2}constructor2\?: .*\n {2}note\?: /);
  expect(text).toMatch(/ {2}valueOf2\?: .*\n {2}toString: /);
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ["parameter-name-taken", expect.stringContaining("is given as `constructor2`")],
    ["parameter-name-taken", expect.stringContaining("is given as `valueOf2`")],
  ]);
});

test("a project with pages exports the error of their cursors", () => {
  const indexOf = (...queries: Query[]) =>
    emitTypeScript({ index: 0, catalog, queries }, typescriptOptions.parse({})).files.find(
      ({ path }) => path === "index.ts",
    )!.contents;
  expect(indexOf(paged("List"))).toMatch(/^export \{.*\bCursorError\b.*\} from "\.\/codec\.js";$/m);
  expect(indexOf(query("List", ":many"))).not.toContain("CursorError");
});
