import type { Order } from "../../check/verify/verify.ts";
import type { CommandLine } from "./command-line.ts";
import { against, order } from "./shared-options.ts";

const EXAMPLES = `
Examples:
  solitude-gen verify                              against where the pull request's branch began
  solitude-gen verify --against origin/main
  solitude-gen verify --order migrate-first        fail unless that order is safe

While a change is rolled out, old and new versions run side by side. The deployed queries are tried on the new schema,
and the new queries on the deployed one, each with the text that its generated client sends.`;

export const verifyLine: CommandLine = (program, run) => {
  program
    .command("verify")
    .description("say in which order a change can be rolled out, and which queries would break in the other")
    .addOption(against())
    .addOption(order())
    .option("--json", "print the verdict as one JSON document")
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: { against?: string; order?: Order; json?: boolean; cache: boolean }) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { verify } = await import("../commands/verify.ts");
        const { against, order = null, json = false, cache } = own;
        return verify(pipeline, terminal, { ...globals, against, order, json, cache });
      }),
    );
};
