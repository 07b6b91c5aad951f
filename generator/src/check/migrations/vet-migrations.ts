import type { SchemaFile } from "../../model/source.ts";
import type { Engine } from "../../postgres/engine.ts";
import type { Found } from "../findings/found.ts";
import { headOf, wordAt } from "../findings/place.ts";
import { MIGRATION_RULES } from "../rules/registry.ts";
import type { Finding, FindingAt } from "../rules/rule.ts";
import type { CheckedStatement } from "./checked.ts";
import { type ObserveOptions, observeMigrations } from "./observe.ts";

/** Runs the migrations, and all rules on what was seen. */
export async function vetMigrations(
  engine: Engine,
  files: readonly SchemaFile[],
  options: ObserveOptions,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const migration of await observeMigrations(engine, files, options)) {
    for (const rule of MIGRATION_RULES) {
      const findings: Iterable<FindingAt> =
        rule.on === "migration"
          ? rule.check(migration)
          : migration.statements.flatMap((statement) =>
              [...rule.check(statement)].map((finding) => ({ ...finding, statement })),
            );
      for (const finding of findings) found.push(toFound(rule.code, finding, finding.statement));
    }
  }
  return found;
}

function toFound(code: string, { message, hint, location }: Finding, statement: CheckedStatement): Found {
  const { text, start, migration } = statement;
  const placed = { file: migration.file, text, toFile: (offset: number) => start + offset };
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    span: wordAt(placed, location) ?? headOf(placed),
    statement: text,
    within: { file: migration.file, start, end: start + text.length },
  };
}
