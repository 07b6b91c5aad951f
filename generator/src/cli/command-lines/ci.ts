import type { Order } from "../../check/verify/order.ts";
import type { CommandLine } from "./command-line.ts";
import { against, failOn, order } from "./shared-options.ts";

interface Own {
  readonly against?: string;
  readonly order?: Order;
  readonly project?: readonly string[];
  readonly failOn?: "warning" | "error";
  readonly baseline?: string;
  readonly cache: boolean;
}

const add = (text: string, known: readonly string[] = []): readonly string[] => [...known, text];

const EXAMPLES = `
Examples:
  solitude-gen ci                                      against where the pull request's branch began
  solitude-gen ci --against origin/main --project app/tsconfig.json --report markdown=comment.md
  solitude-gen ci --order migrate-first --fail-on warning

Is the generated code current? What changed in the schema? In which order can it be rolled out? Do the rules for new
and changed queries and migrations find anything? Does the application still compile?`;

export const ciLine: CommandLine = (program, run) => {
  program
    .command("ci")
    .description("all checks of a pull request in one run: generate --check, diff, verify, vet and impact")
    .addOption(against())
    .addOption(order())
    .option("--project <tsconfig>", "an application to check; again for more", add)
    .addOption(failOn())
    .option("--baseline <file>", "findings of the rules to overlook, written by `vet --write-baseline`")
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { ci } = await import("../commands/ci.ts");
        const { against, order = null, project = [], failOn = "error", baseline = null, cache } = own;
        return ci(pipeline, terminal, {
          ...globals,
          against,
          order,
          projects: project,
          failOn,
          baseline,
          cache,
        });
      }),
    );
};
