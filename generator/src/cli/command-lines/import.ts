import { Option } from "commander";
import { TOOLS, type Tool } from "../../import/tools.ts";
import type { CommandLine } from "./command-line.ts";

interface Own {
  readonly from?: Tool;
  readonly queries?: string;
  readonly out?: string;
  readonly client?: string;
  readonly write: boolean;
  readonly removeOriginals: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen import                                  show, as a patch, what would become of this project
  solitude-gen import --write                          do it
  solitude-gen import --from typedsql --client "pool from ./src/pool" --write

It takes queries of pgtyped (files and templates), of Prisma's TypedSQL, and those that are written in calls of pg, SafeQL
and slonik (\`templates\`), and rewrites the calls where that is certain; what is left is listed. A query that is there
already is left as it is, so that it can run again. Without a configuration it writes one, with the types that the tool gave.`;

export const importLine: CommandLine = (program, run) => {
  program
    .command("import")
    .description("make annotated queries of those of pgtyped, TypedSQL, slonik, SafeQL or pg")
    .addOption(new Option("--from <tool>", "what the project uses (found out)").choices(TOOLS))
    .option("--queries <folder>", "where the queries go (as the configuration has it, or db/queries)")
    .option("--out <folder>", "where the generated code goes (as the configuration has it, or src/db)")
    .option("--client <name from module>", "what calls run on that ran on Prisma's client or slonik's pool")
    .option("--write", "write it, in place of showing it", false)
    .option("--remove-originals", "also remove files of which every query was converted", false)
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ terminal, globals, pipeline }) => {
        const { importProject } = await import("../commands/import.ts");
        return importProject(pipeline, terminal, { ...globals, ...own });
      }),
    );
};
