import { Option } from "commander";
import type { SqlForm } from "../commands/diff.ts";
import type { FailOn } from "../exit-codes.ts";
import type { CommandLine } from "./command-line.ts";
import { baseline, writeBaseline } from "./shared-options.ts";

interface Own {
  readonly against?: string;
  readonly sql?: string | boolean;
  readonly sqlForm?: SqlForm;
  readonly allowDestructive?: boolean;
  readonly json?: boolean;
  readonly exitCode?: boolean;
  readonly failOn?: FailOn;
  readonly baseline?: string;
  readonly writeBaseline?: boolean;
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
  solitude-gen --report sarif=diff.sarif diff --fail-on error
                                                     a finding for each change; fail where one deletes what is stored

Both schemas are built in the same embedded PostgreSQL and compared by their catalogs, not by their text.
What a migration renames counts as renamed; elsewhere say so in a comment of a schema file:
  -- solitude-gen: renamed orders.total to orders.amount

--sql writes the migration from the other side to the schema as it is now. It is run before it is written: nothing
is written unless it gives the same catalog. Statements that delete stored data are refused without --allow-destructive.
Tables in use stay so where there are words for it: indexes are built concurrently, constraints added NOT VALID and
validated, and the file bears your migration tool's mark for no transaction. --sql-form transaction writes it for one.

In a report, a change is an error where it deletes stored data, a warning where it can break clients that worked before,
and else information.

Without any option it also fails, as \`sqlc diff\` does, where the generated code is not what the schema and queries ask
for; \`generate --check\` is the command for that alone.

Exit codes: 0 compared (with --exit-code: and no difference), 1 problems in a schema, a migration refused, with
--exit-code a difference, or with --fail-on such a change, 2 usage, configuration or nothing to compare with, 3 internal or database failure.`;

export const diffLine: CommandLine = (program, run) => {
  program
    .command("diff")
    .description("show what changed in the schema, and write the migration for it")
    .option("--against <revision|folder|uri>", "what to compare with: git revision, folder or database")
    .option("--sql [file]", "write the migration from there to here, to standard output or a file")
    .addOption(
      new Option(
        "--sql-form <form>",
        "write it so that tables stay in use (online), or for one transaction; else what your migration tool can run",
      ).choices(["online", "transaction"]),
    )
    .option("--allow-destructive", "let the migration delete stored data")
    .option("--json", "print one JSON document, for other tools")
    .option("--exit-code", "exit with 1 where there is a difference")
    .addOption(
      new Option(
        "--fail-on <severity>",
        "fail where a change deletes stored data (error), or can break clients too (warning)",
      ).choices(["warning", "error"]),
    )
    .addOption(baseline())
    .addOption(writeBaseline())
    .option("--no-cache", "read both schemas anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { diff } = await import("../commands/diff.ts");
        const { against, sql = false, allowDestructive = false, json = false, exitCode = false, cache } = own;
        const { sqlForm: form = null } = own;
        const { failOn = null, baseline = null, writeBaseline = false } = own;
        return diff(pipeline, terminal, {
          ...globals,
          against,
          sql,
          form,
          allowDestructive,
          json,
          exitCode,
          failOn,
          baseline,
          writeBaseline,
          cache,
        });
      }),
    );
};
