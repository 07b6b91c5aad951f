import type { ObjectOf } from "../../catalog.ts";
import { reference } from "../names.ts";
import { optionsIn, type Writer } from "./writer.ts";

type TextSearch = Writer<"other">;

/** PostgreSQL does not see that a text would give other words now. */
const note = "what was made with it and is stored stays as it is, in generated columns and indexes too";

/** What a parser or a template is made of: functions, which no ALTER changes. */
const functions: TextSearch = {
  create: (object) => [`create ${reference(object)} (${object.properties.definition})`],
  drop: (object) => [`drop ${reference(object)}`],
  alter: () => null,
};

/** What a dictionary is made of: its template and options, as CREATE takes them. */
const dictionary: TextSearch = {
  create: (object) => [`create ${reference(object)} (${object.properties.definition})`],
  drop: (object) => [`drop ${reference(object)}`],
  alter(from, to) {
    const [old, next] = [optionsIn(from.properties.definition), optionsIn(to.properties.definition)];
    if (old.get("template") !== next.get("template")) return null;
    const changes = [
      ...[...next].flatMap(([name, value]) => (old.get(name) === value ? [] : [`${name} = ${value}`])),
      // An option without a value is taken away.
      ...[...old.keys()].filter((name) => !next.has(name)),
    ];
    return [{ sql: `alter ${reference(to)} (${changes.join(", ")})`, note }];
  },
};

/** What a configuration is made of: its parser, and behind it a line for each sort of word. */
const configuration: TextSearch = {
  create(object) {
    const { parser, mappings } = partsOf(object);
    return [`create ${reference(object)} (${parser})`, ...mapped(object, "add", [...mappings])];
  },
  drop: (object) => [`drop ${reference(object)}`],
  alter(from, to) {
    const [old, next] = [partsOf(from), partsOf(to)];
    if (old.parser !== next.parser) return null;
    const gone = [...old.mappings.keys()].filter((sort) => !next.mappings.has(sort));
    const changed = [...next.mappings].filter(
      ([sort, dictionaries]) => old.mappings.get(sort) !== dictionaries,
    );
    return [
      ...(gone.length > 0 ? [`alter ${reference(to)} drop mapping for ${gone.join(", ")}`] : []),
      ...mapped(
        to,
        "alter",
        changed.filter(([sort]) => old.mappings.has(sort)),
      ),
      ...mapped(
        to,
        "add",
        changed.filter(([sort]) => !old.mappings.has(sort)),
      ),
    ].map((sql, i) => (i === 0 ? { sql, note } : sql));
  },
};

/** A sort of word, and the dictionaries that are asked about it. */
type Mapping = readonly [sort: string, dictionaries: string];

function partsOf({ properties }: ObjectOf<"other">): {
  readonly parser: string;
  readonly mappings: ReadonlyMap<string, string>;
} {
  const [parser = "", ...lines] = properties.definition.split("\n");
  const mappings = lines.map((line): Mapping => {
    const at = line.indexOf(" with ");
    return [line.slice(0, at), line.slice(at + " with ".length)];
  });
  return { parser, mappings: new Map(mappings) };
}

/** Says at once of all sorts that ask the same dictionaries that they do. */
function mapped(object: ObjectOf<"other">, verb: "add" | "alter", mappings: readonly Mapping[]): string[] {
  const sorts = new Map<string, string[]>();
  for (const [sort, dictionaries] of mappings)
    sorts.set(dictionaries, [...(sorts.get(dictionaries) ?? []), sort]);
  return [...sorts].map(
    ([dictionaries, list]) =>
      `alter ${reference(object)} ${verb} mapping for ${list.join(", ")} with ${dictionaries}`,
  );
}

/** What of text search is made in SQL, by its type. */
export const TEXT_SEARCH: Readonly<Record<string, TextSearch | undefined>> = {
  "text search parser": functions,
  "text search template": functions,
  "text search dictionary": dictionary,
  "text search configuration": configuration,
};
