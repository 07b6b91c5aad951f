import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Project } from "ts-morph";
import { createDatabase } from "../postgres/database.ts";
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

let output: string;
let types: Project;
const cases = new Map<string, GeneratedCase>();
beforeAll(async () => {
  output = await outputFolder();
  for (const name of names) cases.set(name, await generateCase(name, output));
  types = readTypes(output);
});
afterAll(() => rm(output, { recursive: true }));

test.each(names)("%s: the output is the expected one", async (name) => {
  const generated = cases.get(name)!;
  if (UPDATE) await acceptAsExpected(generated);
  expect(Object.fromEntries(generated.files)).toEqual(Object.fromEntries(await expectedFiles(name)));
});

test("on a server the output is the same", async () => {
  const database = await createDatabase();
  const folder = await outputFolder();
  try {
    for (const name of names) {
      const { files } = await generateCase(name, folder, database.url);
      expect([name, Object.fromEntries(files)]).toEqual([name, Object.fromEntries(cases.get(name)!.files)]);
    }
  } finally {
    await rm(folder, { recursive: true });
    await database.drop();
  }
});

test("all of it compiles under the strictest settings", async () => {
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
  await writeFile(join(output, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
  const compiler = join(ROOT, "node_modules/.bin/tsc");
  const said = await promisify(execFile)(compiler, ["-p", output]).catch(
    (error) => error as { stdout: string },
  );
  expect(said.stdout).toBe("");
});

test.each(names)("%s: rows are what their types promise", async (name) => {
  for (const generated of cases.get(name)!.sets) {
    const database = await createDatabase();
    const client = await database.pool.connect();
    try {
      await client.query(generated.schema.map((file) => file.text).join("\n;\n"));
      await client.query("begin");
      const data = join(CASES, name, "data.sql");
      if (existsSync(data)) await client.query(await readFile(data, "utf8"));
      else await fillTables(client, generated.set.catalog);
      const problems: string[] = [];
      for (const callable of await functionsOf(generated, types)) {
        const { executed, refused, wrong } = await tryFunction(generated, callable, client);
        if (wrong) problems.push(wrong);
        else if (!executed) problems.push(`${callable.query.name} never ran: ${refused}`);
      }
      expect(problems).toEqual([]);
    } finally {
      client.release(true);
      await database.drop();
    }
  }
});
