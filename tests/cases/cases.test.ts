import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Project } from "ts-morph";
import type { QueryConfig } from "../../generator/src/emit/support/pg.ts";
import { isTouched, sliceToRun } from "../long-form.ts";
import { ONE_CHECKER } from "../one-checker.ts";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";
import fc from "../properties.ts";
import { functionsOf, readTypes, tryFunction } from "./execution.ts";
import { fillTables } from "./filling.ts";
import {
  acceptAsExpected,
  CASES,
  caseNames,
  expectedFiles,
  type GeneratedCase,
  generateCase,
  outputFolder,
} from "./generated-case.ts";

/** `UPDATE_EXPECTED=1 npm run test:only -- tests/cases` accepts what is generated now. */
const UPDATE = process.env.UPDATE_EXPECTED === "1";
const ROOT = join(import.meta.dirname, "../..");
const names = await caseNames();
/** Of the others the output is what compiled, and ran, when it was accepted: with it, they have been changed. */
const TYPED = sliceToRun("cases whose code is compiled and run", names, 3, {
  isTouched: (name) => isTouched(`tests/cases/${name}`),
});
/** What tests of their own call. */
const CALLED = ["adaptive", "case-choices"];
const COMPILED = names.filter((name) => TYPED.includes(name) || CALLED.includes(name));

let output: string;
/** Each is generated when a test first asks for it. */
let cases: Map<string, Promise<GeneratedCase>>;
let types: Project | null;
let database: TestDatabase;
beforeAll(async () => {
  output = await outputFolder();
  cases = new Map();
  types = null;
  database = await createDatabase();
});
afterAll(async () => {
  await rm(output, { recursive: true });
  await database?.drop();
});

function generated(name: string): Promise<GeneratedCase> {
  const known = cases.get(name) ?? generateCase(name, output);
  cases.set(name, known);
  return known;
}

/** The types of what is compiled, read once. */
async function typesOfAll(): Promise<Project> {
  for (const name of COMPILED) await generated(name);
  types ??= readTypes(COMPILED.map((name) => join(output, name)));
  return types;
}

test.each(names)("%s: the output is the expected one", async (name) => {
  const given = await generated(name);
  if (UPDATE) await acceptAsExpected(given);
  expect(Object.fromEntries(given.files)).toEqual(Object.fromEntries(await expectedFiles(name)));
});

test("on a server the output is the same", async () => {
  const folder = await outputFolder();
  try {
    for (const name of sliceToRun("cases, analysed by a server", names, 3)) {
      const { files } = await generateCase(name, folder, database.url);
      expect([name, Object.fromEntries(files)]).toEqual([
        name,
        Object.fromEntries((await generated(name)).files),
      ]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("it compiles under the strictest settings", async () => {
  await typesOfAll();
  const compilerOptions = {
    ...{
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noUnusedLocals: true,
    },
    ...{
      noUnusedParameters: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      noImplicitReturns: true,
    },
    ...{ noPropertyAccessFromIndexSignature: true, erasableSyntaxOnly: true, noImplicitOverride: true },
    ...{ declaration: true, isolatedDeclarations: true },
    ...{
      module: "nodenext",
      target: "es2023",
      noEmit: true,
      types: ["node"],
      allowImportingTsExtensions: true,
    },
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: { "@solitude/runtime": [join(ROOT, "runtime/src/index.ts")], "*": [join(ROOT, "node_modules/*")] },
  };
  await writeFile(join(output, "package.json"), '{ "type": "module" }');
  await writeFile(join(output, "tsconfig.json"), JSON.stringify({ compilerOptions, include: COMPILED }));
  const compiler = join(ROOT, "node_modules/.bin/tsc");
  const said = await promisify(execFile)(compiler, ["-p", output, ...ONE_CHECKER]).catch(
    (error) => error as { stdout: string },
  );
  expect(said.stdout).toBe("");
});

test.each(TYPED)("%s: rows are what their types promise", async (name) => {
  const types = await typesOfAll();
  for (const set of (await generated(name)).sets) {
    const client = await database.pool.connect();
    try {
      // All of it is undone, which takes less than a database for each.
      await client.query("begin");
      await client.query(set.schema.map((file) => file.text).join("\n;\n"));
      const data = join(CASES, name, "data.sql");
      if (existsSync(data)) await client.query(await readFile(data, "utf8"));
      else await fillTables(client, set.set.catalog);
      const problems: string[] = [];
      for (const callable of await functionsOf(set, types)) {
        const { executed, refused, wrong } = await tryFunction(set, callable, client);
        if (wrong) problems.push(wrong);
        else if (!executed) problems.push(`${callable.query.name} never ran: ${refused}`);
      }
      expect(problems).toEqual([]);
      expect((await client.query("rollback")).command).toBe("ROLLBACK");
    } finally {
      client.release(true);
    }
  }
});

test("what is sent is one of the texts that were prepared, whatever the arguments", async () => {
  const cases = await Promise.all(CALLED.map(generated));
  const types = await typesOfAll();
  const callables = await Promise.all(cases.map(({ sets }) => functionsOf(sets[0]!, types)));
  const adapting = callables
    .flat()
    .filter(({ query }) => query.sql.deciding.length > 0 && query.sql.isComplete)
    .map(({ query, call, declaration }) => ({
      call,
      names: declaration
        .getParameters()[1]!
        .getType()
        .getProperties()
        .map((one) => one.getName()),
      prepared: new Set(
        query.sql.variants.map(({ text }) => `-- name: ${query.name} ${query.command}\n${text}`),
      ),
    }));
  expect(adapting.length).toBeGreaterThan(8);
  const hostile = fc.oneof(
    fc.constantFrom<unknown>("'; drop table run; --", "$1", "\\", "' or true", "constructor", "__proto__"),
    fc.constantFrom<unknown>(
      null,
      {},
      [],
      Number.NaN,
      -0,
      1n,
      true,
      false,
      () => "select 1",
      Symbol.iterator,
    ),
    fc.constantFrom<unknown>("name", "price", "newest", "mine", "t", "OFF", "true", "a"),
    fc.constant<unknown>({ toString: () => "); delete from run", valueOf: () => 7, length: 3 }),
    fc.constant<unknown>(Object.create({ status: "x", toSqlString: () => "select" })),
    fc.string(),
    fc.array(fc.string(), { maxLength: 3 }),
  );
  const given = fc.tuple(fc.boolean(), hostile).map(([is, value]) => (is ? value : undefined));
  const sent = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(given, { minLength: 9, maxLength: 9 }), async (n, values) => {
      const { call, names, prepared } = adapting[n % adapting.length]!;
      const texts: string[] = [];
      const client = {
        query: async ({ text, values: own, query }: QueryConfig) => {
          texts.push(text);
          const numbers = new Set(text.match(/\$\d+/g)).size;
          expect([own.length, query.parameters?.length]).toEqual([numbers, numbers]);
          return { rows: [], rowCount: 0, command: "SELECT" };
        },
      };
      const args = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      // What cannot be encoded is refused before anything is sent.
      await call(client as never, args).catch(() => {});
      for (const text of texts) {
        if (!prepared.has(text)) throw new Error(`not prepared: ${text}`);
        sent.add(text);
      }
    }),
    { numRuns: Number(process.env.SOLITUDE_FUZZ_RUNS ?? 600) },
  );
  // And most of them were.
  expect(sent.size).toBeGreaterThan(adapting.reduce((sum, { prepared }) => sum + prepared.size, 0) * 0.4);
});

test("a patch with nothing to set is an error before anything is sent", async () => {
  const callables = await functionsOf((await generated("adaptive")).sets[0]!, await typesOfAll());
  const patch = callables.find(({ query }) => query.name === "PatchReview")!;
  const client = { query: () => Promise.reject(new Error("sent")) };
  await expect(patch.call(client as never, { id: 1 })).rejects.toThrow(
    new TypeError("PatchReview: nothing is given that it could set"),
  );
});
