#!/usr/bin/env node
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { DatabaseError } from "../errors/errors.ts";
import { workspaceId } from "../ids.ts";
import type { Declarations } from "./declaration.ts";
import type { Documents } from "./documents.ts";

const USAGE = `solitude-documents plan|apply <module> --workspace <id> [--json]

  plan    says what the collections of a workspace's jobs lack, or have that is not declared any more; changes nothing
  apply   does it; broken off, it goes on where it was when it is run again

The module exports \`documents\`, as createDocuments gives them.

Exit code: 0 where nothing is left to do, 1 where plan found something or apply could not do all of it, 2 for wrong usage, or a
server that is not to be reached.`;

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { workspace: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } },
  });
  const [command, module, ...rest] = positionals;
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const isWhole = module !== undefined && rest.length === 0 && values.workspace !== undefined;
  if ((command !== "plan" && command !== "apply") || !isWhole) throw new TypeError(USAGE);
  const { documents } = await load(module);
  if (typeof documents?.workspace !== "function")
    throw new TypeError(`${module} does not export documents, as createDocuments gives them`);
  try {
    let left = 0;
    for await (const each of documents.workspace(workspaceId(values.workspace!))[command]()) {
      const error = "error" in each ? (each.error as Error) : undefined;
      if (command === "plan" || error !== undefined) left++;
      console.log(
        values.json === true ? JSON.stringify({ ...each, error: error?.message }) : lineOf(each, error),
      );
    }
    return left === 0 ? 0 : 1;
  } finally {
    await documents.close();
  }
}

async function load(module: string): Promise<{ documents?: Documents<Declarations> }> {
  try {
    return await import(pathToFileURL(resolve(module)).href);
  } catch (error) {
    throw new TypeError(`${module} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
}

function lineOf(
  {
    database,
    collection,
    change,
    index,
  }: { database: string; collection: string; change: string; index?: string },
  error: Error | undefined,
): string {
  const what = `${database}.${collection}: ${change}${index === undefined ? "" : ` ${index}`}`;
  return error === undefined ? what : `${what}: ${error.message}`;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    // Ours say in a line what is wrong; of all else the stack is what there is.
    const isKnown = error instanceof TypeError || error instanceof DatabaseError;
    console.error(isKnown ? error.message : error);
    process.exitCode = 2;
  },
);
