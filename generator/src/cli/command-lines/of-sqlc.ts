import { EXIT } from "../exit-codes.ts";
import type { CommandLine } from "./command-line.ts";

/** Commands of sqlc's that have no counterpart, and what to do in their place. */
const NOT_HERE: Readonly<Record<string, string>> = {
  createdb:
    "solitude-gen needs no database: it brings its own. Tests make theirs with `createdb`, or PGlite.",
  parse: "`solitude-gen analyze --json` tells what PostgreSQL says of each query.",
  push: "`solitude-gen ci --against <branch>` checks a change against what is deployed, without a service.",
  upload: "`solitude-gen ci --against <branch>` checks a change against what is deployed, without a service.",
};

/** sqlc's commands that a script may call by their names there. The help does not show them. */
export const sqlcLines: CommandLine = (program, run) => {
  program
    .command("compile", { hidden: true })
    .description("check the schema and the queries, and write nothing")
    .option("--no-cache", "analyze everything anew")
    .action(({ cache }: { cache: boolean }) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { compile } = await import("../commands/compile.ts");
        return compile(pipeline, terminal, { ...globals, cache });
      }),
    );
  program
    .command("version", { hidden: true })
    .description("print the version")
    .action(() =>
      run(async ({ terminal }) => {
        await terminal.out(`${program.version()}\n`);
        return EXIT.fine;
      }),
    );
  for (const [name, instead] of Object.entries(NOT_HERE)) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .description(`a command of sqlc's: ${instead}`)
      .action(() =>
        run(async ({ terminal }) => {
          terminal.err(
            `error: solitude-gen has no \`${name}\`\nhint: ${instead.replace("`solitude-gen ", `\`${terminal.command} `)}\n`,
          );
          return EXIT.usage;
        }),
      );
  }
};
