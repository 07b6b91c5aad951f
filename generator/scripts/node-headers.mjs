// Reads node structs and enums out of PostgreSQL's headers.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Nodes are declared there; enums of their fields in further headers. */
const NODE_HEADERS = ["nodes/primnodes.h", "nodes/parsenodes.h", "nodes/value.h"];

/**
 * @param folder an installation's or a source tree's `include`, or its `server`
 * @returns the major version; structs by name: fields in order, as printed; enums by name: numbers by constant
 */
export function readHeaders(folder) {
  const config = readFileSync(join(folder, "pg_config.h"), "utf8");
  const major = Number(/#define PG_MAJORVERSION "(\d+)"/.exec(config)?.[1]);
  if (!Number.isInteger(major)) throw new Error(`${folder}/pg_config.h does not say which version it is of`);
  const texts = NODE_HEADERS.map((file) => withoutComments(readFileSync(join(folder, file), "utf8")));
  const others = readdirSync(join(folder, "nodes"))
    .map((name) => join(folder, "nodes", name))
    .concat(join(folder, "access/cmptype.h"))
    .filter((file) => file.endsWith(".h") && existsSync(file));
  const enums = {};
  for (const file of others) Object.assign(enums, readEnums(withoutComments(readFileSync(file, "utf8"))));
  return { major, structs: readStructs(texts.join("\n")), enums };
}

function withoutComments(text) {
  return text.replace(/\/\*.*?\*\//gs, " ");
}

function readStructs(text) {
  const structs = {};
  // In the order of the file: an alias comes after what it is of, and a subtype after its supertype.
  const pattern = /typedef struct (\w+)\s*\{(.*?)\n\}\s*\w+;|typedef (\w+) (\w+);/gs;
  for (const [, name, body, original, alias] of text.matchAll(pattern)) {
    if (name !== undefined) {
      const struct = readStruct(name, body, structs);
      if (struct) structs[name] = struct;
    } else if (structs[original]) structs[alias] = { ...structs[original], name: alias };
  }
  return structs;
}

/** Null for what is no node. */
function readStruct(name, body, structs) {
  const attributes = /^\s*pg_node_attr\(([\w(), ]*)\)/.exec(body);
  const members = body
    .slice(attributes ? attributes[0].length : 0)
    .split(";")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "" && !line.startsWith("#"));
  const [, firstType, firstName] = /^(?:struct )?(\w+) (\w+)$/.exec(members[0] ?? "") ?? [];
  const parent = structs[firstType];
  if (firstType !== "NodeTag" && !parent) return null;
  const inherited = parent ? parent.fields.map((f) => ({ ...f, name: `${firstName}.${f.name}` })) : [];
  const own = members.slice(1).map(readField);
  const has = (attribute) => attributes?.[1].split(/,\s*/).includes(attribute) ?? false;
  return {
    name,
    isAbstract: has("abstract"),
    isCustom: has("custom_read_write") || has("special_read_write"),
    isExpr: firstType === "Expr" || parent?.isExpr === true,
    fields: [...inherited, ...own].filter((field) => !field.isIgnored),
  };
}

/** What has no such form (a union) is of a type that nothing can be made of. */
function readField(line) {
  const [, type, stars, name, attributes = ""] =
    /^(?:const )?(?:struct )?(\w+) ?(\**) ?(\w+)(?:\[\w+\])?(?: pg_node_attr\((.*)\))?$/.exec(line) ?? [];
  if (name === undefined) return { name: line, type: line, isIgnored: false };
  return { name, type: type + stars, isIgnored: /\bread_write_ignore\b/.test(attributes) };
}

function readEnums(text) {
  const defined = {};
  for (const [, name, value] of text.matchAll(/^#define\s+(\w+)\s+(0x[0-9a-fA-F]+|\d+)\s*$/gm)) {
    defined[name] = Number(value);
  }
  const enums = {};
  for (const [, name, body] of text.matchAll(/typedef enum (\w+)\s*\{(.*?)\}/gs)) {
    const numbers = {};
    let next = 0;
    const items = body
      .replace(/^#.*$/gm, "")
      .split(",")
      .map((item) => item.trim());
    for (const item of items.filter(Boolean)) {
      const [constant, expression] = item.split("=").map((part) => part.trim());
      if (expression !== undefined) next = numberOf(expression, { ...defined, ...numbers });
      numbers[constant] = next++;
    }
    enums[name] = numbers;
  }
  // Headers as a parser library vendors them have this constant in front, which PostgreSQL's own have behind the others.
  if (enums.LimitOption?.LIMIT_OPTION_DEFAULT === 0) {
    enums.LimitOption = { LIMIT_OPTION_COUNT: 0, LIMIT_OPTION_WITH_TIES: 1, LIMIT_OPTION_DEFAULT: 2 };
  }
  return enums;
}

/** NaN for what is not a number, a name that has one, or several of these joined by `|`. */
function numberOf(expression, known) {
  return expression
    .split("|")
    .map((term) => term.trim())
    .map((term) => known[term] ?? (/^'.'$/.test(term) ? term.charCodeAt(1) : Number(term)))
    .reduce((a, b) => a | b);
}
