import { type Files, textOf } from "../../files/files.ts";
import * as filePaths from "../../files/paths.ts";
import { isForPostgres } from "./liquibase.ts";
import { MARKS, type Marks } from "./marks.ts";
import { type Setting, settingsIn } from "./settings.ts";

const PROPERTY = /^--\s*property\s+(\S.*)$/gim;
/** goose's own placeholders, which take what the environment has, or what stands behind `:-`. */
const ENVSUB = /^\s*--\s*\+goose\s+envsub\s+on\b/im;
const SETTINGS_FILES = [
  ...["application.yaml", "application.yml", "application.properties", "liquibase.properties"],
  ...["flyway.conf", "flyway.toml", "conf/flyway.conf", "conf/flyway.toml"],
];
/** Flyway's placeholders and Liquibase's parameters, as either says them itself, and as Spring, Quarkus and Micronaut do. */
const PARAMETER =
  /^(?:(?:.+\.)?flyway\.(?:.+\.)?placeholders|placeholders|parameter|(?:.+\.)?liquibase\.(?:.+\.)?(?:parameters?|change-?log-?parameters))\.(.+)$/i;
/** What Flyway is told of the marks around a name. */
const OF_MARKS = /^(?:(?:.+\.)?flyway\.(?:.+\.)?)?placeholder-?(prefix|suffix|replacement)$/i;

const FLYWAY_DEFAULTS: readonly (readonly [string, string])[] = [
  ["flyway:database", "postgres"],
  ["flyway:defaultSchema", "public"],
  ["flyway:environment", "default"],
  ["flyway:table", "flyway_schema_history"],
  ["flyway:user", "postgres"],
  ["flyway:workingDirectory", "."],
];

/**
 * Gives what migration tools put in place of a name: what they have by default, what their settings and the environment say, and
 * what the files themselves do.
 * @param suspect those of the files that may have any
 */
export async function valuesOfTools(
  files: Files,
  paths: readonly string[],
  suspect: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const [name, value] of FLYWAY_DEFAULTS) values.set(name, value);
  for (const [name, value] of await settingsOf(files, suspect)) {
    const own = PARAMETER.exec(name)?.[1];
    if (own !== undefined) values.set(own.replace(/^["[](.*)["\]]$/, "$1"), value);
  }
  for (const [name, value] of Object.entries(files.environment)) {
    const own = /^FLYWAY_PLACEHOLDERS_(.+)$/.exec(name)?.[1]?.toLowerCase();
    if (own !== undefined && value !== undefined) values.set(own, value);
  }
  for (const path of paths)
    for (const [name, value] of propertiesOf(texts.get(path) ?? ""))
      if (!values.has(name)) values.set(name, value);
  for (const path of suspect)
    for (const [name, value] of environmentOf(texts.get(path)!, files)) values.set(name, value);
  return values;
}

/** Says which marks Flyway is told of for these files; null where it puts nothing in. */
export const marksOfFlyway = async (files: Files, paths: readonly string[]): Promise<Marks | null> =>
  marksIn(await settingsOf(files, paths), files);

/** Liquibase's properties in formatted SQL that are for PostgreSQL. */
function propertiesOf(text: string): [name: string, value: string][] {
  return [...text.matchAll(PROPERTY)].flatMap(([, line]): [string, string][] => {
    const of = (key: string) =>
      new RegExp(`(?:^|\\s)${key}:("[^"]*"|\\S+)`, "i").exec(line!)?.[1]?.replaceAll('"', "");
    const [name, value] = [of("name"), of("value")];
    return name !== undefined && value !== undefined && isForPostgres(line!) ? [[name, value]] : [];
  });
}

/** Gives what goose puts in place of `${NAME}` and `${NAME:-default}` where a file asks for it. */
function environmentOf(text: string, { environment }: Files): [name: string, value: string][] {
  if (!ENVSUB.test(text)) return [];
  return [...text.matchAll(/\$\{((\w+)(?::?-([^}\r\n]*))?)\}/g)].flatMap(
    ([, whole, name, fallback]): [string, string][] => {
      const value = environment[name!] ?? fallback;
      return value === undefined ? [] : [[whole!, value]];
    },
  );
}

/** Reads the settings of the tools that put something in, beside the migrations or in a folder above. */
async function settingsOf(files: Files, paths: readonly string[]): Promise<Setting[]> {
  const found: Setting[] = [];
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = filePaths.dirname(path); ; at = filePaths.dirname(at)) {
      folders.add(at);
      if (at === "." || at === ".." || at.endsWith("/..")) break;
    }
  }
  for (const folder of folders) {
    for (const name of SETTINGS_FILES) {
      const text = await textOf(files, filePaths.join(folder, name));
      if (text !== null) found.push(...resolved(settingsIn(name, text), files));
    }
  }
  return found;
}

/** Settings with what stands for the environment's variables and other settings in their values; without those of which nobody knows it. */
function resolved(settings: readonly Setting[], { environment }: Files): Setting[] {
  const own = new Map(settings);
  const textIn = (value: string, outer: readonly string[]): string | null => {
    let isKnown = true;
    const text = value.replace(/\$\{([^}:]+)(?::([^}]*))?\}/g, (_, name: string, fallback?: string) => {
      const other = outer.includes(name) ? undefined : own.get(name);
      const known =
        environment[name] ?? (other === undefined ? null : textIn(other, [...outer, name])) ?? fallback;
      isKnown &&= known !== undefined;
      return known ?? "";
    });
    return isKnown ? text : null;
  };
  return settings.flatMap(([name, value]): Setting[] => {
    // What says the marks is no value that has any.
    const said = OF_MARKS.test(name) ? value : textIn(value, [name]);
    return said === null ? [] : [[name, said]];
  });
}

function marksIn(settings: readonly Setting[], { environment }: Files): Marks | null {
  const told = new Map<string, string>();
  for (const [name, value] of settings) {
    const what = OF_MARKS.exec(name)?.[1]?.toLowerCase();
    if (what !== undefined) told.set(what, value);
  }
  const of = (what: string): string | undefined =>
    environment[`FLYWAY_PLACEHOLDER_${what.toUpperCase()}`] ?? told.get(what);
  if (of("replacement")?.toLowerCase() === "false") return null;
  return [of("prefix") || MARKS[0], of("suffix") || MARKS[1]];
}
