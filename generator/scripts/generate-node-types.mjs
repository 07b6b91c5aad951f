// Writes src/postgres/tree/node-types.ts and node-tables.ts from PostgreSQL's headers.
// Run: node scripts/generate-node-types.mjs <include folder of each major version…>
//      (as in `pg_config --includedir-server`: with pg_config.h and nodes/parsenodes.h)
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CUSTOM_ORDER,
  ENTRY_NAMES,
  FIELD_TYPES,
  MORE_EXPRESSIONS,
  NO_EXPRESSIONS,
  PLANNER_NODES,
  RENAMED,
  rangeTableLayout,
  UNIONS,
  WORDS,
} from "./node-fields.mjs";
import { readHeaders } from "./node-headers.mjs";

const TARGET = join(dirname(fileURLToPath(import.meta.url)), "../src/postgres/tree");

const SCALARS = {
  ...Object.fromEntries(
    ["int", "int16", "int32", "int64", "uint32", "uint64", "Index", "AttrNumber", "ParseLoc", "AclMode"].map(
      (name) => [name, "number"],
    ),
  ),
  Cardinality: "number",
  Oid: "Oid",
  bool: "boolean",
  char: "char",
  "char*": "string?",
  Datum: "Datum?",
  "Bitmapset*": "Bitmapset",
  "Expr*": "Expression?",
};

/** What a version's trees are made of: nodes by name, each with layouts of `{ name, type, printed }`. */
function describe(headers) {
  const expressions = Object.values(headers.structs)
    .filter(({ name, isExpr, isAbstract }) => isExpr && !isAbstract && !PLANNER_NODES.includes(name))
    .map(({ name }) => name);
  const unions = {
    ...UNIONS,
    Expression: [
      ...expressions.filter((name) => !NO_EXPRESSIONS.includes(name)),
      ...MORE_EXPRESSIONS.filter((name) => headers.structs[name]),
    ],
  };
  const nodes = {};
  const enums = {};
  const waiting = ["Query", "Expression"];
  const seen = new Set(waiting);
  while (waiting.length > 0) {
    const name = waiting.shift();
    const used = [];
    if (unions[name]) used.push(...unions[name]);
    else if (headers.structs[name]) {
      nodes[name] = layouts(headers, unions, name);
      used.push(...Object.values(nodes[name]).flatMap((fields) => fields.map(({ type }) => baseOf(type))));
    } else if (headers.enums[name]) {
      enums[name] = WORDS[name] ?? byNumber(headers.enums[name]);
    }
    for (const next of used.filter((next) => !seen.has(next))) {
      seen.add(next);
      waiting.push(next);
    }
  }
  const others = Object.values(headers.structs)
    .filter(({ name, isAbstract }) => !isAbstract && !nodes[name])
    .map(({ name }) => name);
  return { major: headers.major, nodes, enums, unions, others };
}

/** By the kind of range table entry; of all other nodes one, by "". */
function layouts(headers, unions, name) {
  const struct = headers.structs[name];
  const fields = new Map(
    struct.fields.map((field) => [field.name, fieldOf(headers, unions, struct.name, field)]),
  );
  const pick = (names) =>
    names
      .split(" ")
      .filter(Boolean)
      .map((field) => fields.get(field) ?? fail(`${name} has no ${field} in ${headers.major}`));
  if (!struct.isCustom) return { "": [...fields.values()] };
  if (name !== "RangeTblEntry") {
    const order = pick(CUSTOM_ORDER[name] ?? fail(`how ${name} is written is not known`));
    checkComplete(headers.major, name, fields, order);
    return { "": order };
  }
  const { before, kinds, after } = rangeTableLayout(headers.major);
  const missing = Object.keys(headers.enums.RTEKind).filter((kind) => !(kind in kinds));
  if (missing.length > 0) fail(`how ${missing} is written in ${headers.major} is not known`);
  const result = Object.fromEntries(
    Object.entries(kinds).map(([kind, own]) => [kind, pick(`${before} ${own} ${after}`)]),
  );
  checkComplete(headers.major, name, fields, Object.values(result).flat());
  return result;
}

function checkComplete(major, name, fields, written) {
  const left = [...fields.values()].filter((field) => !written.includes(field));
  if (left.length > 0) fail(`${name} of ${major} is not known to write ${left.map((f) => f.printed)}`);
}

function fieldOf(headers, unions, struct, { name, type }) {
  const known = FIELD_TYPES[`${struct}.${name}`] ?? FIELD_TYPES[name];
  const isStruct = headers.structs[type.slice(0, -1)] && type.endsWith("*");
  const own =
    SCALARS[type] ?? (headers.enums[type] ? type : null) ?? (isStruct ? `${type.slice(0, -1)}?` : null);
  const wanted = known ?? own ?? fail(`${struct}.${name} of ${headers.major} is a ${type}: of what?`);
  const base = baseOf(wanted);
  const isKnown = base in headers.structs || base in headers.enums || base in unions;
  if (!isKnown && !TYPES[base]) fail(`${struct}.${name} is to be a ${base}, which ${headers.major} has not`);
  return { name: RENAMED[`${struct}.${name}`] ?? name, printed: name, type: wanted };
}

function baseOf(type) {
  return type.replace(/[?[\]]/g, "");
}

function byNumber(constants) {
  return Object.fromEntries(Object.entries(constants).map(([constant, number]) => [number, constant]));
}

function fail(message) {
  throw new Error(message);
}

/** In TypeScript; what is not here is of the same name. */
const TYPES = {
  number: "number",
  Oid: "Oid",
  boolean: "boolean",
  char: "string",
  string: "string",
  Datum: "Datum",
  Bitmapset: "readonly number[]",
  Other: "OtherNode",
  GroupingContent: "readonly number[] | readonly GroupingSet[]",
};

function typeScript(type) {
  if (type.endsWith("[]")) {
    const element = typeScript(type.slice(0, -2));
    return element.includes(" ") ? `readonly (${element})[]` : `readonly ${element}[]`;
  }
  if (type.endsWith("?")) return `${typeScript(type.slice(0, -1))} | null`;
  return TYPES[type] ?? type;
}

function writeTypes(versions) {
  const all = (pick) => [...new Set(versions.flatMap(pick))];
  const names = all(({ nodes }) => Object.keys(nodes));
  const enums = all((version) => Object.keys(version.enums)).sort();
  const unions = all((version) => Object.keys(version.unions));
  const interfaces = names.flatMap((name) => writeNode(versions, name));
  const literal = (name) => all((v) => Object.values(v.enums[name] ?? {})).map((c) => JSON.stringify(c));
  const members = (name) => all((v) => v.unions[name]).map((member) => TYPES[member] ?? member);
  return `${HEADER}
import type { Oid } from "../../model/catalog.ts";
import type { Datum } from "./datum.ts";

/** A node that no analysis looks into: its name alone was read. */
export interface OtherNode {
  readonly kind: "OtherNode";
  readonly tag: string;
}

${unions.map((name) => `export type ${name} = ${members(name).join(" | ")};`).join("\n\n")}

export type AnyNode = ${[...names, "OtherNode"].join(" | ")};

${interfaces.join("\n\n")}

${enums.map((name) => `export type ${name} = ${literal(name).join(" | ")};`).join("\n\n")}
`;
}

/** A field that some version does not have can be undefined. */
function writeNode(versions, name) {
  const kinds = [...new Set(versions.flatMap(({ nodes }) => Object.keys(nodes[name] ?? {})))];
  const written = kinds.map((kind) => {
    const having = versions.flatMap(({ nodes }) => (nodes[name]?.[kind] ? [nodes[name][kind]] : []));
    const fields = [...new Set(having.flat().map((field) => field.name))].map((field) => {
      const types = having.map((fields) => fields.find((f) => f.name === field)?.type);
      const type = [...new Set(types.map((t) => (t === undefined ? "undefined" : typeScript(t))))];
      const isDiscriminant = kind !== "" && field === "rtekind";
      return `  readonly ${field}: ${isDiscriminant ? JSON.stringify(kind) : type.join(" | ")};`;
    });
    const own = kind === "" ? name : ENTRY_NAMES[kind];
    return `export interface ${own} {\n  readonly kind: "${name}";\n${fields.join("\n")}\n}`;
  });
  if (kinds[0] === "") return written;
  return [`export type ${name} = ${kinds.map((kind) => ENTRY_NAMES[kind]).join(" | ")};`, ...written];
}

function writeTables(versions) {
  const newest = versions.at(-1);
  const base = lines(newest);
  const tables = versions.map((version) => {
    const own = lines(version);
    const gone = [...base.keys()].filter((key) => !own.has(key)).map((key) => `-${key}`);
    const text = [...own].filter(([key, line]) => version === newest || base.get(key) !== line);
    return `  ${version.major}: \`${[...gone, ...text.map(([, line]) => line)].join("\n")}\`,`;
  });
  return `${HEADER}
/**
 * What the trees of each version are made of; the last one is whole, the others say where they differ from it. A line is
 * a node with its fields in the order in which they are printed, \`field:type\` (no type is a number); a node that is not
 * looked into; \`Node/variant\`; \`#Enum\` with its constants by number; \`Union=\`; or \`-\` and what there is not.
 */
export const NODE_TABLES: Readonly<Record<number, string>> = {
${tables.join("\n")}
};
`;
}

function lines({ nodes, enums, unions, others }) {
  const result = new Map();
  const add = (key, fields) => result.set(key, [key, ...fields.map(fieldText)].join(" "));
  for (const [name, layouts] of Object.entries(nodes)) {
    if (layouts[""]) add(name, layouts[""]);
    else {
      // Up to the field that says which others follow, all kinds have the same.
      const [first] = Object.values(layouts);
      const shared = first.findIndex(({ printed }) => printed === "rtekind") + 1;
      add(name, first.slice(0, shared));
      for (const [kind, fields] of Object.entries(layouts)) add(`${name}/${kind}`, fields.slice(shared));
    }
  }
  for (const name of others) result.set(name, name);
  for (const [name, constants] of Object.entries(enums)) {
    let next = 0;
    const texts = Object.entries(constants).map(([token, constant]) => {
      const text = Number(token) === next ? constant : `${token}=${constant}`;
      next = Number(token) + 1;
      return text;
    });
    result.set(`#${name}`, [`#${name}`, ...texts].join(" "));
  }
  for (const [name, members] of Object.entries(unions)) {
    result.set(`${name}=`, [`${name}=`, ...members].join(" "));
  }
  return result;
}

function fieldText({ name, printed, type }) {
  const named = name === printed ? printed : `${printed}>${name}`;
  return type === "number" || type === "Oid" ? named : `${named}:${type}`;
}

const HEADER =
  "// Made by scripts/generate-node-types.mjs from PostgreSQL's own headers. Do not edit: change and run that.";

const folders = process.argv.slice(2);
if (folders.length === 0) fail("usage: generate-node-types.mjs <include folder of each major version…>");
const versions = folders.map((folder) => describe(readHeaders(folder))).sort((a, b) => a.major - b.major);
const files = { "node-types.ts": writeTypes(versions), "node-tables.ts": writeTables(versions) };
for (const [file, text] of Object.entries(files)) writeFileSync(join(TARGET, file), text);
const paths = Object.keys(files).map((file) => join(TARGET, file));
const { status } = spawnSync("npx", ["biome", "check", "--write", ...paths], { stdio: "inherit" });
process.exitCode = status ?? 1;
