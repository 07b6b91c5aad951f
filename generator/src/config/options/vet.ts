import { z } from "zod";
import { ruleSettings } from "./rules.ts";

const expression = z.string().refine(isExpression, "must be a regular expression");

function isExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

const tableList = z.array(z.string().min(1));

export const vetOptions = z.strictObject({
  rules: ruleSettings
    .default({})
    .describe(
      "By rule code (`solitude-gen vet --list` shows them all): a severity, or an object with `severity` and what else the rule's page names",
    ),
  fail_on: z
    .enum(["warning", "error"])
    .optional()
    .describe("From which severity on a finding makes the command fail (default: error)"),
  baseline: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A file of findings to overlook, written with `--write-baseline`, for all checks; relative to this file",
    ),
  target_version: z
    .int()
    .min(12)
    .max(18)
    .optional()
    .describe("The major version of PostgreSQL that the project runs on, for the rule `newer-than-target`"),
  transaction: z
    .enum(["file", "none"])
    .optional()
    .describe(
      "How migrations are run, where the file does not tell: each file in one transaction, or each statement on its own",
    ),
  schema: z
    .enum(["migrations", "declarative"])
    .optional()
    .describe(
      "Whether the schema files are steps of a history or a description that is edited in place; numbered files count as migrations unless said otherwise",
    ),
  naming: z
    .strictObject({
      schema: expression.optional().describe("Names of schemas"),
      table: expression.optional().describe("Names of tables and views"),
      column: expression.optional().describe("Names of columns"),
      index: expression.optional().describe("Names of indexes"),
      foreign_key: expression.optional().describe("Names of foreign keys"),
      check: expression.optional().describe("Names of CHECKs"),
    })
    .optional()
    .describe("Turns on the rule `naming-convention`: what names must match, as regular expressions"),
  small_tables: tableList
    .default([])
    .describe(
      "Tables (`name` or `schema.name`) that stay small: scanning, rewriting and locking them is no matter",
    ),
  growing_tables: tableList
    .default([])
    .describe(
      "Tables (`name` or `schema.name`; `*` for all) that a `:many` query must not read without a limit",
    ),
  tenant: z
    .strictObject({
      column: z.string().min(1).describe("The column that says whose row it is, e.g. `workspace_id`"),
      except: tableList.default([]).describe("Tables that may be read across tenants"),
      tables: z
        .record(z.string(), z.string().min(1))
        .default({})
        .describe(
          "Tables (`name` or `schema.name`) whose key is another column: `{ workspaces: id, listings: publisher_workspace_id }`",
        ),
      across: z
        .array(z.string().min(1))
        .default([])
        .describe("Roles whose queries (`-- @role <name>`) work across tenants"),
      distributed: z
        .strictObject({
          reference: tableList
            .default([])
            .describe(
              "Tables with a tenant's key that are copied to every node all the same; those without one always are",
            ),
        })
        .optional()
        .describe(
          "The tables are distributed by the column (Citus): turns on the rules `tenant-not-compared` and `refused-when-distributed`",
        ),
    })
    .optional()
    .describe("Turns on the rule `tenant-key-missing`"),
});

/** What `vet:` of the configuration says, defaults filled in. */
export type VetOptions = z.output<typeof vetOptions>;
