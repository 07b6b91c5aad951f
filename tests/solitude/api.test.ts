import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// What application developers see of the queries.

const FOLDER = fileURLToPath(new URL("../../queries", import.meta.url));
const queries = readdirSync(FOLDER).flatMap((file) =>
  readFileSync(`${FOLDER}/${file}`, "utf8")
    .split(/^(?=-- name: )/m)
    .map((text) => ({ text, name: /^-- name: (\w+)/.exec(text)?.[1] ?? file }))
    .filter(({ text }) => text.startsWith("-- name: ")),
);

test("every query says what it does", () => {
  expect(queries.length).toBeGreaterThan(250);
  const silent = queries.filter(({ text }) => !/^.*\n-- (?!@|solitude-gen-ignore)\w/.test(text));
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test("every list has an end", () => {
  const endless = queries.filter(
    ({ text }) =>
      /^-- name: \w+ :(batch)?many/.test(text) &&
      !/^\s*limit /m.test(text) &&
      !/^(update|insert into)\b/m.test(text),
  );
  expect(endless.map(({ name }) => name)).toEqual([]);
});

test("what is embedded has a name", () => {
  expect(queries.filter(({ text }) => /sqlc\.embed\(\w\)/.test(text)).map(({ name }) => name)).toEqual([]);
});
