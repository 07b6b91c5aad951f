import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { analysedQueries } from "./world.ts";

// What application developers see of the queries: the generated code, as it stands.

const FOLDER = fileURLToPath(new URL("../../generated/src", import.meta.url));
const files = readdirSync(FOLDER).map((file) => ({ file, text: readFileSync(`${FOLDER}/${file}`, "utf8") }));
const ofQueries = files.filter(({ file }) => file.endsWith("_sql.ts"));
const queries = analysedQueries();

test("every function says what it does", () => {
  const functions = ofQueries.flatMap(({ text }) =>
    Array.from(text.matchAll(/(.*)\nexport (?:async )?function\*? (\w+)/g), ([, before, name]) => ({
      name,
      isSaid: before!.endsWith("*/"),
    })),
  );
  expect(functions.length).toBeGreaterThan(queries.length);
  expect(functions.filter(({ isSaid }) => !isSaid)).toEqual([]);
});

test("no property and no argument is one letter", () => {
  const short = [...ofQueries, ...files.filter(({ file }) => /^(models|facade)\.ts$/.test(file))].flatMap(
    ({ file, text }) =>
      Array.from(text.matchAll(/^ +(?:readonly )?(\w\??): .*[;{]$/gm), ([line]) => `${file}: ${line}`),
  );
  expect(short).toEqual([]);
});

/** Lists of what a statement has changed, all or nothing: as many as it was given, or as what is one thing has. */
const AS_MANY_AS = {
  CancelJobTree: "the tree has jobs, of which none may go on",
  CreateJobs: "inputs are given",
  ResumeApprovedJobs: "jobs wait for the one request",
};

test("every list has an end", () => {
  const endless = queries.filter(
    ({ command, sql }) => /^:(batch)?many/.test(command) && !/^\s*limit /m.test(sql),
  );
  expect(endless.map(({ name }) => name).sort()).toEqual(Object.keys(AS_MANY_AS));
});

/** What is the key of rows of many tables, by what stands beside it: `subject_kind`, `target_kind`, `actor_kind`, `kind`. */
const OF_MANY_TABLES = /\.(subject_id|target_id|actor_id)$|^SearchWorkspace\.id$|^ProposeConfiguration\.id$/;

test("every key has the type of what it is a key of", () => {
  const plain = queries.flatMap(({ name, params, columns = [] }) =>
    [...params, ...columns].flatMap(({ name: of, type, tsType }) =>
      /^uuid/.test(type) && /\bstring\b/.test(tsType) ? [`${name}.${of}`] : [],
    ),
  );
  expect(plain.filter((place) => !OF_MANY_TABLES.test(place))).toEqual([]);
  // Those of whole numbers, and those in models and in JSON.
  const untyped = files.flatMap(({ file, text }) =>
    Array.from(
      text.matchAll(/\b(id|\w+Ids?)\??: (?:string|number|\(string \| null\))\b(?!\/)/g),
      ([, property]) => `${file}: ${property}`,
    ),
  );
  // A Temporal workflow and an HTTP request are not ours; afterJobId begins with none.
  const others = /: (temporal\w+|subjectId|targetId|actorId|requestId|afterJobId)$/;
  expect(untyped.filter((place) => !others.test(place)).sort()).toEqual([
    "configurations_sql.ts: id",
    "models.ts: id",
    "reporting_sql.ts: id",
  ]);
});
