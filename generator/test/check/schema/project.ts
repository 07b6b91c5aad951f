import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DiffResult, diffSchemas, type SchemaDiff } from "../../../src/check/schema/diff.ts";
import type { Migration } from "../../../src/check/schema/sql/migrate.ts";
import type { LoadedConfig } from "../../../src/config/load.ts";

let cache = "";
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "solitude-gen-diff-cache-"));
  process.env.SOLITUDE_GEN_CACHE = cache;
});
afterAll(() => {
  delete process.env.SOLITUDE_GEN_CACHE;
  rmSync(cache, { recursive: true });
});

/** A project whose schema is these files and folders below `root`. */
export function project(root: string, ...schema: string[]): LoadedConfig {
  const span = { file: "sqlc.yaml", start: 0, end: 0 };
  return {
    root,
    file: join(root, "sqlc.yaml"),
    diagnostics: [],
    config: {
      version: "2",
      querySets: [
        {
          index: 0,
          engine: "postgresql",
          schema,
          queries: [],
          schemaSpans: [],
          queriesSpans: [],
          span,
          typescript: null,
          strictFunctionChecks: false,
          strictOrderBy: true,
          rules: [],
          codegen: [],
        },
      ],
    },
  };
}

/** The difference of two such projects with its migration. @throws where a schema has errors */
export async function difference(base: LoadedConfig, head: LoadedConfig): Promise<SchemaDiff> {
  const result: DiffResult = await diffSchemas(
    head,
    { kind: "folder", label: "the base", loaded: base, hasQueries: false },
    { cache: true, migration: true },
  );
  const problems = [...result.baseDiagnostics, ...result.diagnostics];
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  return result.diffs[0]!;
}

/** The scripts that a migration consists of, each to be committed before the next. */
export function transactions({ statements, committedFirst }: Migration): string[] {
  const all = statements.map(({ sql }) => `${sql};\n`);
  return [all.slice(0, committedFirst), all.slice(committedFirst)]
    .map((part) => part.join(""))
    .filter((script) => script !== "");
}
