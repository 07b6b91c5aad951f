import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
Examples:
  solitude-gen explain query-invalid
  solitude-gen explain drop-column      a rule of vet
  solitude-gen explain                  all codes`;

export const explainLine: CommandLine = (program, run) => {
  program
    .command("explain")
    .description("say what a diagnostic means and how to mend it")
    .argument("[code]", "as it stands in error[code]; without it, all are listed")
    .addHelpText("after", EXAMPLES)
    .action((code?: string) =>
      run(async ({ terminal }) => {
        const { explain } = await import("../commands/explain.ts");
        return explain(code ?? null, terminal);
      }),
    );
};
