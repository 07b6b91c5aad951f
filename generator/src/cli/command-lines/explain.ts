import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
Examples:
  solitude-gen explain query-invalid
  solitude-gen explain drop-column      a rule of vet
  solitude-gen explain GetUser          a query: its rows, columns and parameters, and why they are so
  solitude-gen explain users.sql:GetUser
  solitude-gen explain                  all codes`;

export const explainLine: CommandLine = (program, run) => {
  program
    .command("explain")
    .description("say what a diagnostic means, or why a query's types are what they are")
    .argument("[what]", "a code as it stands in error[code], or a query; without it, all codes are listed")
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((what: string | undefined, { cache }: { cache: boolean }) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { explain } = await import("../commands/explain.ts");
        return explain(what ?? null, pipeline, terminal, { ...globals, cache });
      }),
    );
};
