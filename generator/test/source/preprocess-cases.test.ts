import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readAnnotations } from "../../src/source/annotations.ts";
import { rewriteMacros } from "../../src/source/macros.ts";

const cases = join(import.meta.dirname, "../../../../shared/cases/sqlc/_preprocess");

/** Ours stops at the statement's last token, and sees each statement under an annotation. */
function rewriteAll(input: string): { texts: string[]; errors: string[]; names: string[] } {
  const texts: string[] = [];
  const errors: string[] = [];
  const names: string[] = [];
  // A comment behind the command is no annotation for sqlc's later steps; here it only has to stay a comment.
  const parts = input.replace(/^-- name: \w+ :\w+ --/, "--");
  for (const part of parts.split(/(?<=;)\n(?=SELECT)/)) {
    const annotated = /^-- name: \w+ :\w+$/m.test(part) ? part : `-- name: Q :many\n${part}`;
    for (const { body, tokens } of readAnnotations("q.sql", annotated).statements) {
      const result = rewriteMacros(annotated, body, tokens);
      texts.push(result.errors.length > 0 ? annotated.slice(body.start, body.end) : result.text);
      errors.push(...result.errors.map((error) => error.message));
      names.push(
        ...result.params.map((p) => `${p.number}:${p.name}:${p.nullable}:${p.slice}`),
        ...result.embeds.map((e) => e.name),
      );
    }
  }
  return { texts, errors, names };
}

interface Side {
  params?: { number: number; name?: string; named: boolean; nullable?: boolean; slice?: boolean }[];
  embeds?: { table: string }[];
}

const run = existsSync(cases) ? test : test.skip;
if (!existsSync(cases)) console.warn(`skipped: ${cases} is missing`);

run.each(existsSync(cases) ? readdirSync(cases) : ["-"])("sqlc's golden case %s", (name) => {
  const read = (file: string): string => readFileSync(join(cases, name, file), "utf8");
  const { texts, errors, names } = rewriteAll(read("input.sql"));
  for (const text of texts) expect(read("output.sql")).toContain(text.replace(/;$/, ""));
  expect(texts.length).toBeGreaterThan(0);
  const expected = existsSync(join(cases, name, "stderr.txt")) ? read("stderr.txt").trim().split("\n") : [];
  expect(errors).toEqual(expected.map((line) => line.replace(/^\d+:\d+: /, "")));
  const side = JSON.parse(read("side_table.json")) as Side[];
  const wanted = side.flatMap(({ params = [], embeds = [] }) => [
    ...new Set(
      params
        .filter((p) => p.named)
        .map((p) => `${p.number}:${p.name}:${p.nullable ?? false}:${p.slice ?? false}`),
    ),
    ...embeds.map((e) => e.table),
  ]);
  expect(names).toEqual(wanted);
});
