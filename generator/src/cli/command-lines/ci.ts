import { Option } from "commander";
import { CHECKS, type CheckName } from "../../config/options/check-names.ts";
import type { Order } from "../../config/options/roll-out-orders.ts";
import type { FailOn } from "../exit-codes.ts";
import type { CommandLine } from "./command-line.ts";
import { add, against, baseline, databaseUrl, failOn, order, role, writeBaseline } from "./shared-options.ts";

interface Own {
  readonly only?: readonly CheckName[];
  readonly against?: string;
  readonly order?: Order;
  readonly role?: string;
  readonly project?: readonly string[];
  readonly databaseUrl?: string | true;
  readonly failOn?: FailOn;
  readonly baseline?: string;
  readonly writeBaseline?: boolean;
  readonly cache: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen ci                                      against where the pull request's branch began
  solitude-gen ci --against origin/main --project app/tsconfig.json --report markdown=comment.md
  solitude-gen ci --order migrate-first --fail-on warning
  solitude-gen ci --only vet verify                    these checks and no others

Is the generated code current? What changed in the schema? In which order can it be rolled out? Do the rules for new
and changed queries and migrations find anything? Does the application still compile? Is the live server as it should be?

The configuration says what is not said here, in \`ci:\` (or in \`options: { solitude-gen: { ci: … } }\`, which sqlc reads over):
  ci: { against: origin/main, order: migrate-first, role: app, projects: [app/tsconfig.json], reports: { markdown: comment.md },
        database_url: "\${PROD_URL}", fail_on: warning, baseline: known.json, checks: [generate, diff, verify, vet] }`;

export const ciLine: CommandLine = (program, run) => {
  program
    .command("ci")
    .description("all checks of a pull request in one run: generate --check, diff, verify, vet and impact")
    .addOption(new Option("--only <check...>", "run these checks only").choices(CHECKS))
    .addOption(against())
    .addOption(order())
    .addOption(role())
    .option("--project <tsconfig>", "an application to check; again for more", add)
    .addOption(databaseUrl())
    .addOption(failOn())
    .addOption(baseline())
    .addOption(writeBaseline())
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { ci } = await import("../commands/ci.ts");
        const {
          only = [],
          against,
          order = null,
          role = null,
          project = [],
          databaseUrl = null,
          cache,
        } = own;
        const { failOn = null, baseline = null, writeBaseline = false } = own;
        return ci(pipeline, terminal, {
          ...globals,
          only,
          against,
          order,
          role,
          projects: project,
          databaseUrl,
          failOn,
          baseline,
          writeBaseline,
          cache,
        });
      }),
    );
};
