import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type VetOptions, vetOptions } from "../../../src/config/options/vet.ts";

/** The folders beside this file: one per rule, named by its code, each with a `bad.sql` and a `good.sql`. */
export const EXAMPLES = import.meta.dirname;

export function exampleCodes(): string[] {
  return readdirSync(EXAMPLES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

export function exampleText(code: string, kind: "bad" | "good"): string {
  return readFileSync(join(EXAMPLES, code, `${kind}.sql`), "utf8");
}

export interface Example {
  readonly options: VetOptions;
  /** Schema files in order; one that holds annotated queries is a query file as well. */
  readonly files: readonly ExampleFile[];
  /** The same as they are in the base that the project is compared with; none where it is compared with nothing. */
  readonly base: readonly ExampleFile[];
}

export interface ExampleFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads `-- vet: {…}` (the configuration's `vet`, as YAML) and the files, each below a line `-- file: <path>` or
 * `-- base: <path>`. Without such lines all of it is one file.
 */
export function readExample(text: string): Example {
  const written = /^-- vet: (.*)$/m.exec(text)?.[1];
  const options = vetOptions.parse(written === undefined ? {} : parse(written));
  const files: ExampleFile[] = [];
  const base: ExampleFile[] = [];
  const parts = text.replace(/^-- vet: .*\n/m, "").split(/^-- (file|base): (.+)\n/m);
  if (parts.length === 1) return { options, files: [{ path: "example.sql", text: parts[0]! }], base };
  for (let i = 1; i < parts.length; i += 3) {
    (parts[i] === "file" ? files : base).push({ path: parts[i + 1]!, text: parts[i + 2]! });
  }
  return { options, files, base };
}
