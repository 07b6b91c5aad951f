import { Option } from "commander";
import type { CommandLine } from "./command-line.ts";
import { baseline, failOn, writeBaseline } from "./shared-options.ts";

interface Own {
  readonly against?: string;
  readonly baseline?: string;
  readonly writeBaseline?: boolean;
  readonly failOn?: "warning" | "error";
  readonly list?: boolean;
  readonly explain?: string;
  readonly fix?: "safe" | "all";
  readonly cache: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen vet
  solitude-gen vet --against main         on a pull request: only what is new or changed
  solitude-gen vet --list                 all rules
  solitude-gen vet --explain drop-column
  solitude-gen vet --fix                  write what mends a finding for certain
  solitude-gen vet --fix=all              and where calls of the query change: a null or an order that it takes no more
  solitude-gen vet --write-baseline       overlook what an old project has (vet.baseline names the file)

Migrations are run, statement by statement, in a PostgreSQL of their own: locks, rewrites and scans are seen, not guessed.
One finding is overlooked by a comment above its statement: -- solitude-gen-ignore <rule> <reason>
The rules of sqlc (\`rules:\`, @sqlc-vet-disable) work as they do there.`;

export const vetLine: CommandLine = (program, run) => {
  program
    .command("vet")
    .description("look for dangerous queries and migrations")
    .option(
      "--against <revision|folder>",
      "vet only what is new or changed against a git revision or a folder",
    )
    .addOption(baseline())
    .addOption(writeBaseline())
    .addOption(failOn())
    .addOption(
      new Option(
        "--fix [which]",
        "mend in the files what can be mended for certain; with all, also where calls of the query change",
      )
        .choices(["safe", "all"])
        .preset("safe"),
    )
    .option("--list", "list all rules")
    .option(
      "--explain <rule>",
      "say why a rule is there and what to do, and what was seen where it finds something",
    )
    .option("--no-cache", "vet everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { vet } = await import("../commands/vet.ts");
        const { against = null, baseline = null, writeBaseline = false, failOn = null, cache } = own;
        const { list = false, explain = null, fix = null } = own;
        return vet(pipeline, terminal, {
          ...globals,
          against,
          baseline,
          writeBaseline,
          failOn,
          list,
          explain,
          fix,
          cache,
        });
      }),
    );
};
