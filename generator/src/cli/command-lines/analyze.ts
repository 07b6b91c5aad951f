import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
Examples:
  solitude-gen analyze
  solitude-gen analyze --json | jq '.queries[] | {name, columns}'

The configuration's targets (gen, codegen) are not looked at: it works in a project of any language.`;

export const analyzeLine: CommandLine = (program, run) => {
  program
    .command("analyze")
    .description("show the parameters and columns of every query, with their types")
    .option("--variants", "show each statement that a query that adapts is sent as")
    .option("--json", "print one JSON document, for other tools")
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action(
      ({ json = false, variants = false, cache }: { json?: boolean; variants?: boolean; cache: boolean }) =>
        run(async ({ pipeline, terminal, globals }) => {
          const { analyze } = await import("../commands/analyze.ts");
          return analyze(pipeline, terminal, { ...globals, json, variants, cache });
        }),
    );
};
