import { type Files, textOf } from "../../files/files.ts";
import * as filePaths from "../../files/paths.ts";
import { isVersioned } from "../file-order.ts";
import { isChangelog } from "./changelog-nodes.ts";
import { MARKS, type Marks } from "./marks.ts";
import { assignmentsIn, includedName, includedPaths } from "./psql-text.ts";
import { marksOfFlyway, valuesOfTools } from "./tool-values.ts";

/** What the placeholders of migration tools and psql's variables stand for. Plain data, so that it can be part of a cache's key. */
export interface Placeholders {
  /** By name. */
  readonly values: readonly (readonly [name: string, value: string])[];
  /** What `\i` reads, by path from the configuration's folder. */
  readonly included: readonly (readonly [path: string, text: string])[];
  /** What stands around a name; null where nothing is put in. */
  readonly marks: Marks | null;
}

export const NO_PLACEHOLDERS: Placeholders = { values: [], included: [], marks: MARKS };

/** Whether a text may have any: nearly none has, and need not be taken apart. */
const SUSPECT =
  /^[ \t]*\\(?:ir?|include(?:_relative)?|set|if|q|quit|copy)\b|\\(?:g|gx|gexec|gset|gdesc|watch|crosstabview|bind|bind_named|parse)\b|\\;|\$\{|(?<![:\w]):(?:["'A-Za-z_]|\{\?)|^--![ \t]*include\b/m;
const INCLUSION = /^(?:[ \t]*\\(ir?|include(?:_relative)?)[ \t]+|--![ \t]*(include)[ \t]+)([^\r\n]+)/gm;

/** Tells whether a text may have anything to fill in: nearly none has, and need not be taken apart. */
export const mayBeFilledIn = (text: string, marks: Marks | null): boolean =>
  SUSPECT.test(text) || (marks !== null && text.includes(marks[0]));

/** Reads what the files of a schema include, and the values that stand in the files of their tools. */
export async function readPlaceholders(
  files: Files,
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
  given: Readonly<Record<string, string>> = {},
): Promise<Placeholders> {
  // Flyway alone can be told of other marks than `${`.
  const ofFlyway = paths.filter(isVersioned);
  const marks = ofFlyway.length === 0 ? MARKS : await marksOfFlyway(files, ofFlyway);
  const suspect = paths.filter((path) => {
    const text = texts.get(path) ?? "";
    return mayBeFilledIn(text, marks) || isChangelog(path, text);
  });
  if (suspect.length === 0) return NO_PLACEHOLDERS;
  const values = new Map<string, string>();
  if (suspect.some((path) => texts.get(path)!.includes((marks ?? MARKS)[0]))) {
    for (const [name, value] of await valuesOfTools(files, paths, suspect, texts)) values.set(name, value);
  }
  for (const [name, value] of Object.entries(given)) values.set(name, value);
  const included = new Map<string, string>();
  const queue = suspect.map((path) => [path, texts.get(path)!] as const);
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [path, text] = next;
    const set = new Map([...values, ...assignmentsIn(text)]);
    for (const [, command, directive, rest] of text.matchAll(INCLUSION)) {
      const name = includedName(rest!, set);
      for (const candidate of includedPaths(path, command ?? directive!, name, directive !== undefined)) {
        const found = candidate.endsWith("/")
          ? await inclusionsOf(files, candidate)
          : (texts.get(candidate) ?? (await textOf(files, candidate)));
        if (found === null) continue;
        if (!included.has(candidate)) {
          included.set(candidate, found);
          queue.push([candidate, found]);
        }
        break;
      }
    }
  }
  return { values: [...values], included: [...included], marks };
}

/** Says what pgschema reads in place of a folder that is included: its files in the order of their names, or null where it has none. */
async function inclusionsOf(files: Files, folder: string): Promise<string | null> {
  const entries = (await files.list(folder.slice(0, -1))).filter(
    ({ name, kind }) => kind === "folder" || name.endsWith(".sql"),
  );
  const own = filePaths.basename(folder.slice(0, -1));
  const lines = entries.map(({ name, kind }) => `\\ir '${own}/${name}${kind === "folder" ? "/" : ""}'\n`);
  return lines.length === 0 ? null : lines.sort().join("");
}
