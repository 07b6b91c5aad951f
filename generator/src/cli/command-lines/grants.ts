import type { CommandLine } from "./command-line.ts";
import { databaseUrl, failOn, roleName } from "./shared-options.ts";

interface Own {
  readonly role: string;
  readonly check?: string;
  readonly databaseUrl?: string | true;
  readonly failOn?: "warning" | "error";
  readonly cache: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen grants --role app > grants.sql
  solitude-gen grants --role app --check grants.sql                 in CI: fail if the queries need other rights
  solitude-gen grants --role app --database-url '\${PROD_URL}'       has the server given them, and no others?

A role that comments above queries name (-- @role worker) runs those, and no others; any other role runs those that name none.
The rights are column by column, as PostgreSQL's own analysis of each query notes them. Rights that the role has now
and no query needs are taken away, in the one transaction that the file is. What functions in SQL do inside is among them,
what triggers and functions in other languages do is not, unless SECURITY DEFINER: each query is tried as the role, and
what is refused is told. On a server, a right
that is missing is an error, and one that no query needs a warning: by what the role was given, owns or will be given, is
a member of or can become, or may call that runs as its owner.`;

export const grantsLine: CommandLine = (program, run) => {
  program
    .command("grants")
    .description("print the SQL that gives a role just the rights that the queries need")
    .requiredOption("--role <name>", "the role that runs the queries", roleName)
    .option("--check <file>", "write nothing; fail if the file is not what would be printed")
    .addOption(databaseUrl())
    .addOption(failOn())
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action(({ role, check, databaseUrl, failOn = "error", cache }: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { grants } = await import("../commands/grants.ts");
        return grants(pipeline, terminal, {
          ...globals,
          role,
          check: check ?? null,
          databaseUrl: databaseUrl ?? null,
          failOn,
          cache,
        });
      }),
    );
};
