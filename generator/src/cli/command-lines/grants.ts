import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
Examples:
  solitude-gen grants --role app > grants.sql
  solitude-gen grants --role app | diff grants.sql -      in CI: fail if the queries need other rights

A query is for every role, unless a comment above it says for which:  -- @role worker
The rights are column by column, as PostgreSQL's own analysis of each query notes them. Rights that the role has now
and no query needs are taken away. Apply it in one transaction (psql --single-transaction). What functions and triggers do inside, unless SECURITY DEFINER, is not covered.`;

export const grantsLine: CommandLine = (program, run) => {
  program
    .command("grants")
    .description("print the SQL that gives a role just the rights that the queries need")
    .requiredOption("--role <name>", "the role that runs the queries")
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: { role: string; cache: boolean }) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { grants } = await import("../commands/grants.ts");
        return grants(pipeline, terminal, { ...globals, ...own });
      }),
    );
};
