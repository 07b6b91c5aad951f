import type { Order } from "../../config/options/roll-out-orders.ts";
import type { FailOn } from "../exit-codes.ts";
import type { CommandLine } from "./command-line.ts";
import { against, baseline, databaseUrl, failOn, order, role, writeBaseline } from "./shared-options.ts";

interface Own {
  readonly against?: string;
  readonly order?: Order;
  readonly role?: string;
  readonly plan?: boolean;
  readonly databaseUrl?: string | true;
  readonly failOn?: FailOn;
  readonly baseline?: string;
  readonly writeBaseline?: boolean;
  readonly json?: boolean;
  readonly cache: boolean;
}

const EXAMPLES = `
Examples:
  solitude-gen verify                              against where the pull request's branch began
  solitude-gen verify --against origin/main
  solitude-gen verify --order migrate-first        fail unless that order is safe
  solitude-gen verify --plan                       also show the steps, with the SQL of each, where one order is safe
  solitude-gen verify --database-url '\${PROD_URL}'  before a deployment: does the live server have what this needs?
  solitude-gen verify --against origin/main --database-url '\${PROD_URL}'
                                                   and is the server as it is said to be deployed?

While a change is rolled out, old and new versions run side by side. The deployed queries are tried on the new schema,
and the new queries on the deployed one, each with the text that its generated client sends: analysed, planned, and
executed on rows that are made up, in the embedded PostgreSQL, with sample values and NULL, as the role that the
application connects as (--role, or \`ci.role\`; else each role that the schema grants something). What cannot be tried
is said, to be looked at.

Where neither order is safe, the roll-out is planned in steps (expand, backfill, deploy, contract), with the SQL of each.
A step is shown only where the queries of every version that runs meanwhile were tried on the schema that it leaves, and
work; where there is no such way, the reason is told.

--database-url holds a live server against the project as it is here, or, with --against, against what is deployed:
its version, its schema, and whether it takes every query. The server is read, and nothing on it is executed or changed.`;

export const verifyLine: CommandLine = (program, run) => {
  program
    .command("verify")
    .description("say in which order a change can be rolled out, and which queries would break in the other")
    .addOption(against())
    .addOption(order())
    .addOption(role())
    .option(
      "--plan",
      "show the steps of the roll-out, and the SQL of each, also where one of the orders is safe",
    )
    .addOption(databaseUrl())
    .addOption(failOn())
    .addOption(baseline())
    .addOption(writeBaseline())
    .option("--json", "print the verdict as one JSON document")
    .option("--no-cache", "analyze everything anew")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) =>
      run(async ({ pipeline, terminal, globals }) => {
        const { verify } = await import("../commands/verify.ts");
        const {
          against,
          order = null,
          role = null,
          plan = false,
          json = false,
          databaseUrl = null,
          cache,
        } = own;
        const { failOn = "error", baseline = null, writeBaseline = false } = own;
        return verify(pipeline, terminal, {
          ...globals,
          against,
          order,
          role,
          plan,
          json,
          databaseUrl,
          failOn,
          baseline,
          writeBaseline,
          cache,
        });
      }),
    );
};
