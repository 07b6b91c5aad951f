import type { CommandLine } from "./command-line.ts";

interface Own {
  readonly against?: string;
  readonly sql?: string | boolean;
  readonly allowDestructive?: boolean;
  readonly json?: boolean;
  readonly exitCode?: boolean;
  readonly cache: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen diff                                  since this branch left the one that it goes back to
  solitude-gen diff --against v1.4.0                 since a tag, a branch or a commit
  solitude-gen diff --against main...                since the merge base with main
  solitude-gen diff --against ../other/schema        to a folder: a copy of the project, or of schema files
  solitude-gen diff --against postgres://localhost/shop
  solitude-gen diff --sql migrations/0042_orders.sql --allow-destructive
  solitude-gen diff --exit-code                      in CI: fail where the schema differs

Both schemas are built in the same embedded PostgreSQL and compared by their catalogs, not by their text.
What a migration renames counts as renamed; elsewhere say so in a comment of a schema file:
  -- solitude-gen: renamed orders.total to orders.amount

--sql writes the migration from the other side to the schema as it is now. It is run before it is written: nothing
is written unless it gives the same catalog. Statements that delete stored data are refused without --allow-destructive.

Exit codes: 0 compared (with --exit-code: and no difference), 1 problems in a schema, a migration refused, or with
--exit-code a difference, 2 usage, configuration or nothing to compare with, 3 internal or database failure.`;

export const diffLine: CommandLine = (program, run) => {
  program
    .command("diff")
    .description("show what changed in the schema, and write the migration for it")
    .option("--against <revision|folder|uri>", "what to compare with: git revision, folder or database")
    .option("--sql [file]", "write the migration from there to here, to standard output or a file")
    .option("--allow-destructive", "let the migration delete stored data")
    .option("--json", "print one JSON document, for other tools")
    .option("--exit-code", "exit with 1 where there is a difference")
    .option("--no-cache", "read both schemas anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { diff } = await import("../commands/diff.ts");
        const { against, sql = false, allowDestructive = false, json = false, exitCode = false, cache } = own;
        return diff(pipeline, terminal, {
          ...globals,
          against,
          sql,
          allowDestructive,
          json,
          exitCode,
          cache,
        });
      }),
    );
};
