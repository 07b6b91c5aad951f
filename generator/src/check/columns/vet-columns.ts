import type { VetOptions } from "../../config/options/vet.ts";
import type { Query } from "../../model/query.ts";
import type { SchemaFile } from "../../model/source.ts";
import type { Engine } from "../../postgres/engine.ts";
import { quoteIdentifier } from "../../sql/quoting.ts";
import type { Found } from "../findings/found.ts";
import { COLUMN_RULES } from "../rules/registry.ts";
import { Origins } from "../schema/sources/origins.ts";
import { readColumns } from "./read-columns.ts";

/**
 * Runs the rules on the columns of a schema.
 * @param queries all that run on it: what one of them uses is used
 */
export async function vetColumns(
  engine: Pick<Engine, "run">,
  files: readonly SchemaFile[],
  queries: readonly Query[],
  options: VetOptions,
): Promise<Found[]> {
  const columns = await readColumns(engine, queries, options);
  const findings = columns.flatMap((column) =>
    COLUMN_RULES.flatMap((rule) =>
      [...rule.check(column)].map((finding) => ({ code: rule.code, column, finding })),
    ),
  );
  if (findings.length === 0) return [];
  const origins = await Origins.of("head", files);
  const [first] = files;
  return findings.flatMap(({ code, column: { schema, table, name }, finding }): Found[] => {
    const identity = [schema, table, name].map(quoteIdentifier).join(".");
    const span =
      origins.definition({ kind: "column", identity, schema: quoteIdentifier(schema) })?.span ??
      (first && { file: first.path, start: 0, end: 0 });
    return span ? [{ code, ...finding, span, statement: identity, within: span }] : [];
  });
}
