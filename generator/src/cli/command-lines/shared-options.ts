import { InvalidArgumentError, Option } from "commander";
import { ORDERS } from "../../config/options/roll-out-orders.ts";

/** Of the commands that compare with what is deployed. */
export const against = (): Option =>
  new Option(
    "--against <revision|folder>",
    "what to compare with: a git revision or a copy of the project (default: where this branch began)",
  );

export const order = (): Option =>
  new Option("--order <order>", "the order that is always taken").choices(ORDERS);

/** Takes the name of a role that there can be: a file of rights for `public` would give them to everybody. */
export function roleName(text: string): string {
  if (text === "public" || text === "none" || text === "")
    throw new InvalidArgumentError("PostgreSQL has no role of that name, quoted or not.");
  if (new TextEncoder().encode(text).length > LONGEST_NAME)
    throw new InvalidArgumentError(`PostgreSQL's names have ${LONGEST_NAME} bytes at most.`);
  return text;
}

const LONGEST_NAME = 63;

export const role = (): Option =>
  new Option(
    "--role <name>",
    "the role that the application connects as: it is tried with its rights",
  ).argParser(roleName);

export const failOn = (): Option =>
  new Option("--fail-on <severity>", "from which severity on to fail (default: error)").choices([
    "warning",
    "error",
  ]);

/** Of the commands that overlook what a baseline file has. */
export const baseline = (): Option => new Option("--baseline <file>", "overlook the findings in this file");
export const writeBaseline = (): Option =>
  new Option("--write-baseline", "write what is found into the baseline file, in place of reporting it");

export const databaseUrl = (): Option =>
  new Option(
    "--database-url [uri]",
    "check a live server, read only (without an address: `ci.database_url` of the configuration)",
  );

/** Collects the values of an option that may be given again. */
export const add = (text: string, known: readonly string[] = []): readonly string[] => [...known, text];
