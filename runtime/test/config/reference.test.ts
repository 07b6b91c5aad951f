import { readFileSync } from "node:fs";
import { loadConfig } from "../../src/config/load-config.ts";
import { exampleEnvironment, referenceTables } from "../../src/config/reference.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the README's tables are what the settings say; else run `npm run docs`", () => {
  expect(read("../../README.md")).toContain(referenceTables());
});

test(".env.example is what the settings say; else run `npm run docs`", () => {
  expect(read("../../../.env.example")).toBe(exampleEnvironment());
});

/** The file's variables; `commented` those that stand there as comments. */
const variables = (line: RegExp) =>
  Object.fromEntries([...exampleEnvironment().matchAll(line)].map(([, name, value]) => [name, value]));

test(".env.example is an environment to start with", () => {
  expect(loadConfig(variables(/^([A-Z_]+)=(.*)$/gm)).postgres).toMatchObject({
    host: "localhost",
    database: "solitude",
  });
});

test("every default in it is a value that the setting takes, and the one that it has", () => {
  const set = variables(/^([A-Z_]+)=(.*)$/gm);
  // Of the variables in comments, those that have a default.
  const defaults = Object.fromEntries(
    Object.entries(variables(/^#((?:DATABASE|HEALTH|TELEMETRY|SHUTDOWN)_[A-Z_]+)=(.+)$/gm)).filter(
      ([name]) => name !== "DATABASE_PORT",
    ),
  );
  expect(Object.keys(defaults).length).toBeGreaterThan(10);
  const shown = (variables: Record<string, string>) => JSON.stringify(loadConfig(variables));
  expect(shown({ ...set, ...defaults })).toBe(shown(set));
});
