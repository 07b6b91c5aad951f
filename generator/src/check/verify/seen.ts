import type { Catalog, CompositeType, Oid, PgType } from "../../model/catalog.ts";
import type { Column, ColumnOrigin, JsonShape, RowAttribute } from "../../model/query.ts";
import type { Difference, DifferenceCode } from "./difference.ts";
import type { Facts } from "./facts.ts";
import { labelsOf, list, ofEnum, without } from "./labels.ts";

/**
 * Says what a client, generated for `expected`, notices where a column of a result is delivered as `actual`. What counts is how its
 * decoder reads the text and what its type promises, down to elements, attributes and the members of JSON values; not the names
 * of types: `varchar` that became `text` is the same to it.
 */
export function columnDifferences(expected: Column, on: Facts, actual: Column, now: Facts): Difference[] {
  return aboutColumn(expected, valueDifferences(`column ${expected.name}`, expected, on, actual, now));
}

/** Says of each which column of a table it is about, where a value comes from one or goes to it: types that are new may be called alike. */
export function aboutColumn(
  { origin }: { readonly origin: ColumnOrigin | null },
  found: readonly Difference[],
): Difference[] {
  return found.map((one) => (origin === null ? one : { about: origin.column, ...one }));
}

/** What a result delivers in one place: a column, or an attribute of the rows in one. */
type Delivered = Column | RowAttribute;

function valueDifferences(
  path: string,
  expected: Delivered,
  on: Facts,
  actual: Delivered,
  now: Facts,
): Difference[] {
  const found: Difference[] = [];
  const [was, is] = [displayOf(expected, on), displayOf(actual, now)];
  const reason = typeDifference(typeOf(expected), on.catalog, typeOf(actual), now.catalog);
  if (reason !== null) {
    const types = was === is ? "" : `is ${is} here, and the client was made for ${was}`;
    found.push(breaks("verify-result", `${path} ${[types, reason].filter(Boolean).join(": ")}`));
  } else {
    const [allowed, possible] = [labelsOf(expected, on), labelsOf(actual, now)];
    const added = without(possible, allowed);
    if (added.length > 0)
      found.push({
        ...may("verify-enum", `${path} may be ${list(added)}, which the type of its result does not know`),
        ...ofEnum(added, [expected, on], [actual, now]),
      });
    else if (allowed !== null && possible === null)
      found.push(may("verify-enum", `${path} was one of ${list(allowed)} and may be any ${is} here`));
    if (was === "jsonb" && is === "json")
      found.push(
        may("verify-result", `${path} is json here: its numbers stand as they were written, as 1e400`),
      );
    const otherwise = writtenOtherwise(typeOf(expected), on.catalog, typeOf(actual), now.catalog);
    if (otherwise !== null)
      found.push(
        may("verify-result", `${path} is ${is} here, and the client was made for ${was}: ${otherwise}`),
      );
    found.push(...shapeDifferences(path, expected.shape, on, actual.shape, now));
    found.push(...attributeDifferences(path, expected.attributes, on, actual.attributes, now));
  }
  if (!expected.nullable && actual.nullable) {
    found.push(breaks("verify-nullability", `${path} may be null here`));
  } else if (!expected.elementsNullable && actual.elementsNullable) {
    found.push(breaks("verify-nullability", `elements of ${path} may be null here`));
  }
  return found;
}

/** An array of rows that no type names has the type of its elements alone. */
const typeOf = (value: Delivered): Oid => ("arrayOf" in value && value.arrayOf) || value.type;
const displayOf = (value: Delivered, { catalog }: Facts): string =>
  ("display" in value ? value.display : catalog.types.get(typeOf(value))?.display) ?? "";

/** Gives what is not as the client knows the rows inside of its own, down to those inside of them. */
function attributeDifferences(
  path: string,
  expected: readonly RowAttribute[] | undefined,
  on: Facts,
  actual: readonly RowAttribute[] | undefined,
  now: Facts,
): Difference[] {
  if (expected === undefined) return [];
  const names = (all: readonly RowAttribute[]): string => all.map(({ name }) => name).join(", ");
  if (actual === undefined)
    return expected.every(({ nullable }) => nullable)
      ? []
      : [breaks("verify-nullability", `attributes of ${path} may be null here`)];
  if (names(expected) !== names(actual))
    return [
      breaks(
        "verify-result",
        `${path} has the attributes (${names(actual)}) here, and the client was made for (${names(expected)})`,
      ),
    ];
  return expected.flatMap((attribute, i) =>
    valueDifferences(`${path}, attribute ${attribute.name}`, attribute, on, actual[i]!, now),
  );
}

const breaks = (code: DifferenceCode, message: string): Difference => ({ code, effect: "breaks", message });
const may = (code: DifferenceCode, message: string): Difference => ({ code, effect: "may", message });

/** Gives what is behind any number of domains. */
export function underDomains(oid: Oid, catalog: Catalog): PgType | undefined {
  const type = catalog.types.get(oid);
  return type?.kind === "domain" ? underDomains(type.base, catalog) : type;
}

/**
 * Gives what in the text of a value is read otherwise: "" where the types' own names say it all, a reason where it lies below, null
 * where texts of the one are texts of the other, with the same meaning.
 */
export function typeDifference(a: Oid, on: Catalog, b: Oid, now: Catalog): string | null {
  const [was, is] = [underDomains(a, on), underDomains(b, now)];
  if (was === undefined || is === undefined) return was === is ? null : "";
  if (family(was) !== family(is)) return "";
  if (was.kind === "array" && is.kind === "array") return typeDifference(was.element, on, is.element, now);
  if ((was.kind === "range" || was.kind === "multirange") && "subtype" in is)
    return typeDifference(was.subtype, on, is.subtype, now);
  if (was.kind === "composite" && is.kind === "composite") return compositeDifference(was, on, is, now);
  return null;
}

/** A row is written as a list of its attributes, and is read by place. */
function compositeDifference(
  was: CompositeType,
  on: Catalog,
  is: CompositeType,
  now: Catalog,
): string | null {
  const gone = was.attributes.filter(({ name }) => !is.attributes.some((other) => other.name === name));
  const added = is.attributes.filter(({ name }) => !was.attributes.some((other) => other.name === name));
  const told = [
    ...gone.map(({ name }) => `attribute ${name} is gone`),
    ...added.map(({ name }) => `attribute ${name} is new`),
  ];
  if (told.length > 0) return told.join(", ");
  for (const [i, attribute] of was.attributes.entries()) {
    const other = is.attributes[i]!;
    if (other.name !== attribute.name) return `attribute ${other.name} stands where ${attribute.name} did`;
    const reason = typeDifference(attribute.type, on, other.type, now);
    if (reason === null) continue;
    const [from, to] = [on.types.get(attribute.type)?.display, now.types.get(other.type)?.display];
    return reason === "" ? `attribute ${attribute.name} is ${to} here, and was ${from}` : reason;
  }
  return null;
}

const CHARACTERS = new Set(["text", "varchar", "bpchar", "name", "citext", "uuid"]);
const BITS = new Set(["bit", "varbit"]);
const NETWORKS = new Set(["cidr", "inet"]);
const NUMBERS = new Set(["int2", "int4", "oid"]);
const FLOATS = new Set(["float4", "float8"]);

/** Types whose texts one decoder reads into one type, with the same meaning. */
function family(type: PgType): string {
  if (type.kind === "enum") return "characters";
  if (type.kind !== "base" && type.kind !== "pseudo") return type.kind;
  if (CHARACTERS.has(type.name)) return "characters";
  if (type.name === "json" || type.name === "jsonb") return "json";
  if (NUMBERS.has(type.name)) return "integer";
  if (BITS.has(type.name)) return "bits";
  if (NETWORKS.has(type.name)) return "network";
  return FLOATS.has(type.name) ? "float" : `${type.schema}.${type.name}`;
}

/** Types of the same family that write some values otherwise, and how. */
const WRITTEN_OTHERWISE: Readonly<Record<string, string>> = {
  bpchar: "a text of fewer characters has blanks behind it in one of them",
  cidr: "of a single host one of them writes the length of its mask, and the other does not",
};

/** Gives how some values' texts are others, though they are read alike; null where none is. */
function writtenOtherwise(a: Oid, on: Catalog, b: Oid, now: Catalog): string | null {
  const [was, is] = [underDomains(a, on), underDomains(b, now)];
  if (was === undefined || is === undefined) return null;
  if (was.kind === "array" && is.kind === "array") return writtenOtherwise(was.element, on, is.element, now);
  if ("subtype" in was && "subtype" in is) return writtenOtherwise(was.subtype, on, is.subtype, now);
  if (was.kind === "composite" && is.kind === "composite") {
    const told = was.attributes.map(({ type }, i) =>
      writtenOtherwise(type, on, is.attributes[i]?.type ?? type, now),
    );
    return told.find((one) => one !== null) ?? null;
  }
  const reasons = [was.name, is.name].map((name) =>
    Object.hasOwn(WRITTEN_OTHERWISE, name) ? WRITTEN_OTHERWISE[name]! : null,
  );
  return reasons[0] === reasons[1] ? null : (reasons[0] ?? reasons[1]!);
}

/** Gives what is not as the exact type of a JSON value promises. */
function shapeDifferences(
  path: string,
  expected: JsonShape | null,
  on: Facts,
  actual: JsonShape | null,
  now: Facts,
): Difference[] {
  if (expected === null || expected.kind === "unknown") return [];
  if (actual === null || actual.kind === "unknown")
    return [may("verify-result", `what ${path} is made of is no longer known`)];
  if (expected.kind === "object" && actual.kind === "object") {
    return expected.fields.flatMap((field) => {
      const inner = `${path}, member ${field.name}`;
      const other = actual.fields.find(({ name }) => name === field.name);
      if (other === undefined) return field.optional ? [] : [breaks("verify-result", `${inner}: is gone`)];
      if (other.optional && !field.optional)
        return [breaks("verify-result", `${inner}: may be missing here`)];
      const nulls =
        !field.nullable && other.nullable ? [breaks("verify-nullability", `${inner}: may be null here`)] : [];
      return [...nulls, ...shapeDifferences(inner, field.shape, on, other.shape, now)];
    });
  }
  if (expected.kind === "array" && actual.kind === "array") {
    const nulls =
      !expected.elementNullable && actual.elementNullable
        ? [breaks("verify-nullability", `${path}: elements may be null here`)]
        : [];
    return [...nulls, ...shapeDifferences(path, expected.element, on, actual.element, now)];
  }
  if (expected.kind === "map" && actual.kind === "map") {
    const nulls =
      !expected.valueNullable && actual.valueNullable
        ? [breaks("verify-nullability", `${path}: values may be null here`)]
        : [];
    return [...nulls, ...shapeDifferences(path, expected.value, on, actual.value, now)];
  }
  if (expected.kind === "tuple" && actual.kind === "tuple" && expected.items.length === actual.items.length) {
    return expected.items.flatMap((item, i) => {
      const other = actual.items[i]!;
      const inner = `${path}, item ${i}`;
      const nulls =
        !item.nullable && other.nullable ? [breaks("verify-nullability", `${inner}: may be null here`)] : [];
      return [...nulls, ...shapeDifferences(inner, item.shape, on, other.shape, now)];
    });
  }
  if (expected.kind === "union" || actual.kind === "union") {
    // Each form that comes here has to be one that the client knows.
    const forms = actual.kind === "union" ? actual.members : [actual];
    const known = expected.kind === "union" ? expected.members : [expected];
    return forms.flatMap((form) => {
      const differences = known.map((one) => shapeDifferences(path, one, on, form, now));
      return differences.sort((a, b) => a.length - b.length)[0] ?? [];
    });
  }
  if (expected.kind === "scalar" && actual.kind === "scalar") {
    const [was, is] = [inJson(expected.type, on.catalog), inJson(actual.type, now.catalog)];
    const displays = [
      on.catalog.types.get(expected.type)?.display,
      now.catalog.types.get(actual.type)?.display,
    ];
    if (was !== is)
      return [
        breaks(
          "verify-result",
          `${path}: is ${displays[1]} here, and the client was made for ${displays[0]}`,
        ),
      ];
    const values = without(labelsOf(actual, now), labelsOf(expected, on));
    return values.length === 0
      ? []
      : [
          {
            ...may(
              "verify-enum",
              `${path}: may be ${list(values)}, which the type of its result does not know`,
            ),
            ...ofEnum(values, [expected, on], [actual, now]),
          },
        ];
  }
  return [
    breaks(
      "verify-result",
      `${path}: is ${article(actual)} here, and the client was made for ${article(expected)}`,
    ),
  ];
}

const KINDS: Readonly<Record<JsonShape["kind"], string>> = {
  object: "an object",
  map: "an object of any keys",
  array: "an array",
  tuple: "an array of fixed length",
  union: "one of several",
  scalar: "a plain value",
  null: "a null",
  unknown: "any JSON",
};
const article = ({ kind }: JsonShape): string => KINDS[kind];

const JSON_NUMBERS = new Set(["int2", "int4", "int8", "float4", "float8", "numeric"]);

/** Gives what `to_json` makes of a type, as a text that is the same where a client reads the same. */
function inJson(oid: Oid, catalog: Catalog): string {
  const type = underDomains(oid, catalog);
  if (type === undefined) return "string";
  if (type.kind === "base" && JSON_NUMBERS.has(type.name)) return "number";
  if (type.kind === "array") return `${inJson(type.element, catalog)}[]`;
  if (type.kind === "composite")
    return `{${type.attributes.map(({ name, type: own }) => `${name}: ${inJson(own, catalog)}`).join("; ")}}`;
  // Ranges and multiranges are texts, of whatever they are.
  return "subtype" in type ? `${type.kind} of ${inJson(type.subtype, catalog)}` : family(type);
}
