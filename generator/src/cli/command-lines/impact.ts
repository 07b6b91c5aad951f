import type { CommandLine } from "./command-line.ts";
import { add, against, baseline, writeBaseline } from "./shared-options.ts";

interface Own {
  readonly against?: string;
  readonly project: readonly string[];
  readonly baseline?: string;
  readonly writeBaseline?: boolean;
  readonly cache: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen impact --project app/tsconfig.json
  solitude-gen impact --project app/tsconfig.json --project worker/tsconfig.json --against origin/main

Nothing needs to be generated before: the application is checked with the code that the base asks for, and with the
code that the schema and queries ask for now. What compiled before and does not any more is an error.`;

export const impactLine: CommandLine = (program, run) => {
  program
    .command("impact")
    .description("show the application code that what changed in the generated code concerns")
    .requiredOption("--project <tsconfig>", "an application's TypeScript project; again for more", add)
    .addOption(against())
    .addOption(baseline())
    .addOption(writeBaseline())
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { impact } = await import("../commands/impact.ts");
        const { against, project: projects, baseline = null, writeBaseline = false, cache } = own;
        return impact(pipeline, terminal, { ...globals, against, projects, baseline, writeBaseline, cache });
      }),
    );
};
