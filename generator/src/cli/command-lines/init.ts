import { Option } from "commander";
import type { CommandLine } from "./command-line.ts";

const EXAMPLES = `
Examples:
  solitude-gen init
  solitude-gen init -C services/billing

  solitude-gen init -f db/sqlc.yaml | patch -p1

It looks for migrations or a schema in SQL (Prisma's, Drizzle's, Supabase's and others), for queries, the package manager
and what is installed, and writes what fits. Nothing is overwritten; a package.json gets two scripts. For an existing sqlc.yaml, sqlc.yml or sqlc.json it prints what to add as a patch.`;

export const initLine: CommandLine = (program, run) => {
  program
    .command("init")
    .description("write a configuration, a schema and a query to start from")
    // sqlc's own: the version that is written anyway.
    .addOption(new Option("--v2").hideHelp())
    .addHelpText("after", EXAMPLES)
    .action(() =>
      run(async ({ terminal, globals, pipeline }) => {
        const { init } = await import("../commands/init.ts");
        return init(terminal, globals, pipeline);
      }),
    );
};
