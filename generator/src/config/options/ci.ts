import { z } from "zod";
import { MACHINE_FORMATS, type MachineFormat } from "../../diagnostics/formats/formats.ts";
import { CHECKS } from "./check-names.ts";
import { ORDERS } from "./roll-out-orders.ts";

const path = z.string().min(1);

const byFormat = Object.fromEntries(
  MACHINE_FORMATS.map((format) => [format, path.optional().describe(`The file of the report \`${format}\``)]),
) as Record<MachineFormat, z.ZodOptional<typeof path>>;

export const ciOptions = z.strictObject({
  checks: z
    .array(z.enum(CHECKS))
    .min(1, "no checks")
    .optional()
    .describe(
      "Which checks run (default: all that have what they need): `generate` (is the code current), `diff` (the schema's changes), `verify` (the order of the roll-out), `vet` (rules), `impact` (applications of `projects`), `database` (the live server of `database_url`)",
    ),
  against: z
    .string()
    .min(1)
    .optional()
    .describe("What to compare with: a git revision, or a folder, relative to this file"),
  role: z
    .string()
    .min(1)
    .optional()
    .describe("The role that the application connects as: the roll-out is tried with its rights"),
  order: z.enum(ORDERS).optional().describe("The order of roll-out that is always taken"),
  fail_on: z
    .enum(["warning", "error"])
    .optional()
    .describe("From which severity on a finding makes the command fail (default: error)"),
  baseline: path
    .optional()
    .describe("A file of findings to overlook, written with `--write-baseline`; relative to this file"),
  projects: z
    .union([path, z.array(path)], { error: "must be a path or a list of paths" })
    .optional()
    .describe("Applications' `tsconfig.json`, or a list of them, relative to this file"),
  reports: z
    .strictObject(byFormat)
    .optional()
    .describe("Reports for machines: the file, relative to this one, by its format"),
  database_url: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The live server to check, read only; `$` and a name in braces is an environment variable, without which the check is left out",
    ),
});

/** What `ci:` of the configuration says. */
export type CiSettings = z.output<typeof ciOptions>;
