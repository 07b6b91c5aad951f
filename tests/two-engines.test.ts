// The same projects analysed by the embedded PostgreSQL 18 and by a real server: all that is said of each query is compared, field by
// field. In short over some of our own cases; SOLITUDE_TWO_ENGINES=all adds the other cases and the public ones, and 2/4 is the second
// quarter of all of them. The server is a 16; by hand SOLITUDE_TEST_POSTGRES names a 17 or an 18.
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { askCommand } from "./command.ts";
import { createDatabase, type TestDatabase } from "./postgres/database.ts";

const ROOT = join(import.meta.dirname, "..");
const CASES = join(ROOT, "tests/cases");
const SHARED = join(ROOT, "../shared/cases");
const IN_SHORT = ["catalog", "json-shapes", "nullability", "stars"];
const { SOLITUDE_TWO_ENGINES: asked = "" } = process.env;
/** Which part of all, where it is not only some. */
const part = /^(\d+)\/(\d+)$/.exec(asked === "all" ? "1/1" : asked);
const isWhole = part !== null;

/** What differs, and why that is right: the query's file and name, and what the difference is; of servers before a version. */
const KNOWN: readonly { readonly of: RegExp; readonly before?: number; readonly because: string }[] = [
  {
    of: /returning_old_new/,
    before: 18,
    because: "OLD and NEW in RETURNING are 18's, which the target's warning says",
  },
  { of: /knowledge\.sql/, because: "the server of the tests has no pgvector, which its warning says" },
];

interface Entry {
  readonly schema: readonly string[];
  readonly queries: readonly string[];
}
interface Said {
  readonly queries: readonly Record<string, unknown>[];
  readonly diagnostics: readonly {
    readonly code: string;
    readonly message: string;
    readonly severity: string;
    readonly file: string | null;
  }[];
}

const paths = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === "string" ? [value] : (value ?? []);

/** The entries for PostgreSQL of a configuration. */
function entriesOf(file: string): Entry[] {
  const config = parse(readFileSync(file, "utf8")) as Record<
    "sql" | "packages",
    Record<string, string | string[]>[] | undefined
  >;
  const absolute = (value: string | string[] | undefined) =>
    paths(value).map((path) => resolve(dirname(file), path));
  return (config.sql ?? config.packages ?? [])
    .filter(({ engine = "postgresql" }) => engine === "postgresql")
    .map(({ schema, queries }) => ({ schema: absolute(schema), queries: absolute(queries) }));
}

function entries(): Entry[] {
  const names = isWhole
    ? readdirSync(CASES).filter((name) => existsSync(join(CASES, name, "sqlc.yaml")))
    : IN_SHORT;
  const own = names.flatMap((name) => entriesOf(join(CASES, name, "sqlc.yaml")));
  if (!isWhole) return own;
  if (!existsSync(SHARED)) {
    console.warn(`skipped: ${SHARED} is missing, so only our own cases are compared`);
    return own;
  }
  const all = readdirSync(SHARED, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const projects = all
    .filter(({ name, parentPath }) => /^\.?sqlc\.ya?ml$/.test(name) && parentPath.includes("/projects/"))
    .flatMap(({ name, parentPath }) => entriesOf(join(parentPath, name)));
  const seen = new Set<string>();
  const cases = all
    .filter(({ name, parentPath }) => name === "query.sql" && existsSync(join(parentPath, "schema.sql")))
    .filter(({ parentPath }) => {
      const texts = ["schema.sql", "query.sql"].map((name) => readFileSync(join(parentPath, name)));
      const hash = createHash("sha256").update(texts[0]!).update("\0").update(texts[1]!).digest("hex");
      return !seen.has(hash) && seen.add(hash);
    })
    .map(({ parentPath }) => ({
      schema: [join(parentPath, "schema.sql")],
      queries: [join(parentPath, "query.sql")],
    }));
  return [...own, ...projects, ...cases];
}

let folder: string;
let database: TestDatabase;
let version: number;
beforeAll(async () => {
  database = await createDatabase();
  const { rows } = await database.pool.query(
    "select current_setting('server_version_num')::int / 10000 as v",
  );
  version = rows[0].v;
  folder = mkdtempSync(join(tmpdir(), "two-engines-"));
});
afterAll(async () => {
  await database?.drop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

function analyse(all: readonly Entry[], uri: string | null): Promise<Said> {
  const sql = all.map((entry) => ({
    engine: "postgresql",
    ...entry,
    ...(uri !== null && { database: { uri } }),
  }));
  const options = { "solitude-gen": { target_version: version } };
  const name = uri === null ? "embedded.json" : "server.json";
  writeFileSync(join(folder, name), JSON.stringify({ version: "2", sql, options }));
  return askCommand<Said>(folder, "-f", name, "analyze", "--no-cache");
}

/** Trees that a server keeps say nothing of places. */
const isPlace = (key: string): boolean => key === "line" || key === "column";

function differences(embedded: unknown, server: unknown, path: string): string[] {
  if (typeof embedded !== "object" || embedded === null || typeof server !== "object" || server === null)
    return embedded === server
      ? []
      : [`${path}: embedded ${JSON.stringify(embedded)}, server ${JSON.stringify(server)}`];
  const keys = new Set([...Object.keys(embedded), ...Object.keys(server)]);
  return [...keys].flatMap((key) =>
    path.includes("because") && isPlace(key)
      ? []
      : differences(
          (embedded as Record<string, unknown>)[key],
          (server as Record<string, unknown>)[key],
          `${path}.${key}`,
        ),
  );
}

test("the embedded PostgreSQL and a real server say the same of every query", async () => {
  const every = entries();
  const [, own = 1, parts = 1] = part?.map(Number) ?? [];
  const all = every.filter((_, i) => i % parts === own - 1);
  const [embedded, server] = [await analyse(all, null), await analyse(all, database.url)];
  const byName = ({ queries }: Said) =>
    new Map(
      queries.map((query) => [
        `${relative(ROOT, resolve(folder, String(query.file)))}: ${query.name}`,
        query,
      ]),
    );
  const [here, there] = [byName(embedded), byName(server)];
  expect(here.size).toBeGreaterThan(parts > 1 ? 0 : isWhole ? 500 : 50);
  const found = [...new Set([...here.keys(), ...there.keys()])].flatMap((name) => {
    const [ours, theirs] = [here.get(name), there.get(name)];
    if (ours === undefined) return [`${name}: only the server analyses it`];
    return theirs === undefined
      ? [`${name}: only the embedded one analyses it`]
      : differences(ours, theirs, name);
  });
  // What is told of schemas and queries, by its code and place.
  const told = ({ diagnostics }: Said) =>
    new Set(
      diagnostics.map(
        ({ severity, code, file, message }) =>
          `${severity} ${code} ${file && relative(ROOT, resolve(folder, file))}: ${message}`,
      ),
    );
  const [toldHere, toldThere] = [told(embedded), told(server)];
  for (const one of toldHere) if (!toldThere.has(one)) found.push(`only the embedded one says: ${one}`);
  for (const one of toldThere) if (!toldHere.has(one)) found.push(`only the server says: ${one}`);
  const known = KNOWN.filter(({ before = Number.POSITIVE_INFINITY }) => version < before);
  expect(found.filter((one) => !known.some(({ of }) => of.test(one)))).toEqual([]);
});
