import { z } from "zod";
import { json } from "./json.ts";
import { isStorableText } from "./values.ts";

type Fail = (message: string) => never;

/** A zod type's definition, as far as it is looked at. */
interface Definition {
  readonly type: string;
  readonly check?: string;
  readonly tx?: (value: unknown) => unknown;
  readonly checks?: readonly { readonly _zod: { readonly def: Definition } }[];
  readonly innerType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly items?: readonly z.core.$ZodType[];
  readonly rest?: z.core.$ZodType | null;
  readonly options?: readonly z.core.$ZodType[];
  readonly left?: z.core.$ZodType;
  readonly right?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly catchall?: z.core.$ZodType;
  readonly keyType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly transform?: unknown;
  readonly values?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly defaultValue?: unknown;
  readonly getter?: () => z.core.$ZodType;
}

/**
 * Reading parses what is stored with the schema that has made it, so that a schema must give its own results back as they
 * are. This is the list of those that do; all else is refused, today's and future types.
 * @param fail is called with what makes it impossible to store
 * @returns whether its results have to be tried at each write: parts of it may change a value that another part has made
 */
export function checkStorable(schema: z.ZodType, fail: Fail): boolean {
  const seen = new Set<z.core.$ZodType>();
  let isToBeTried = false;

  const visit = (type: z.core.$ZodType, path: readonly string[]): void => {
    if (seen.has(type) || type === json) return;
    seen.add(type);
    const def = definitionOf(type);
    const at = path.join(".") || "the document";
    const refuse = (why: string): never => fail(`${at}: ${why}`);
    for (const { _zod } of def.checks ?? []) visitCheck(_zod.def, refuse);
    const below = (inner: z.core.$ZodType | null | undefined, step?: string) => {
      if (inner != null) visit(inner, step === undefined ? path : [...path, step]);
    };
    switch (def.type) {
      case "string":
      case "number":
      case "boolean":
      case "bigint":
      case "date":
      case "null":
      case "any":
      case "unknown":
      case "enum":
      case "template_literal":
      case "custom":
        return;
      case "undefined":
        refuse("undefined cannot be stored; say optional() instead");
        return;
      case "literal":
        if (def.values?.includes(undefined))
          refuse("the literal undefined cannot be stored; say optional() instead");
        return;
      case "object":
        for (const [key, field] of Object.entries(def.shape ?? {})) {
          if (!isFieldName(key))
            refuse(`${JSON.stringify(key)} is no name for a field: MongoDB's paths could not name it`);
          below(field, key);
        }
        below(def.catchall?._zod.def.type === "never" ? undefined : def.catchall, "*");
        return;
      case "record":
        visitKey(def.keyType, refuse);
        below(def.valueType, "*");
        return;
      case "array":
        refuseAbsent(def.element, refuse);
        below(def.element, "*");
        return;
      case "tuple":
        for (const [index, item] of (def.items ?? []).entries()) below(item, String(index));
        refuseAbsent(def.rest, refuse);
        below(def.rest, "*");
        return;
      case "union":
        isToBeTried ||= (def.options ?? []).some((option) => changesValues(option));
        for (const option of def.options ?? []) below(option);
        return;
      case "intersection":
        isToBeTried ||= [def.left, def.right].some((side) => side !== undefined && changesValues(side));
        below(def.left);
        below(def.right);
        return;
      case "default":
        visitDefault(def, refuse);
        below(def.innerType);
        return;
      case "catch":
        isToBeTried = true;
        below(def.innerType);
        return;
      case "readonly":
        if (mayBeBytes(def.innerType)) refuse("bytes cannot be frozen; leave readonly() out");
        below(def.innerType);
        return;
      case "optional":
      case "nullable":
      case "nonoptional":
      case "prefault":
        below(def.innerType);
        return;
      case "lazy":
        below(def.getter?.());
        return;
      case "pipe":
        visitPipe(def, refuse);
        below(def.in);
        below(def.out);
        return;
      default:
        refuse(`a ${def.type} cannot be stored`);
        return;
    }
  };

  const visitCheck = (def: Definition, refuse: Fail): void => {
    if (def.check === "overwrite" && !isKnownOverwrite(def.tx))
      refuse("overwrite() may change what it has made, each time that it is read");
    // A function with the whole context (check(), superRefine()) may change the value.
    if (def.check === "custom" && def.type === undefined) isToBeTried = true;
  };

  const visitKey = (key: z.core.$ZodType | undefined, refuse: Fail): void => {
    if (key === undefined) return;
    const def = definitionOf(key);
    for (const { _zod } of def.checks ?? []) visitCheck(_zod.def, refuse);
    if (def.type === "union") for (const option of def.options ?? []) visitKey(option, refuse);
    else if (!["string", "number", "enum", "literal", "template_literal"].includes(def.type))
      refuse(`a ${def.type} is no key that can be stored`);
  };

  const visitDefault = ({ innerType, defaultValue }: Definition, refuse: Fail): void => {
    if (innerType === undefined) return;
    const result = z.safeParse(innerType, defaultValue);
    if (!result.success) refuse("its default is not what its type says");
    isToBeTried ||= changesValues(innerType);
  };

  /** Each end must take what the other gives, and leave it. */
  const visitPipe = (def: Definition, refuse: Fail): void => {
    if (def.transform !== undefined) refuse("a codec cannot be stored: reading would decode what is decoded");
    const [from, to] = [def.in, def.out].map((end) => (end === undefined ? undefined : definitionOf(end)));
    for (const end of [from, to])
      if (end?.type === "transform") refuse("a transform cannot be stored: reading would transform it again");
    const types = [def.in, def.out].map((end) => (end === undefined ? undefined : primitiveOf(end)));
    const takesAnything = from?.type === "unknown" || from?.type === "any";
    if (!takesAnything && (types[0] === undefined || types[0] !== types[1]))
      refuse("the two ends of a pipe must be of one type, so that the first takes what the second gives");
    isToBeTried ||= [def.in, def.out].some((end) => end !== undefined && changesValues(end));
  };

  visit(schema, []);
  return isToBeTried;
}

function definitionOf(type: z.core.$ZodType): Definition {
  return type._zod.def as unknown as Definition;
}

/** Tells whether a path of MongoDB's can name it. */
function isFieldName(key: string): boolean {
  return key !== "" && !/^\$|[.\0]/.test(key) && isStorableText(key) && key !== "__proto__";
}

/** An array of BSON's has no place for undefined. */
function refuseAbsent(element: z.core.$ZodType | null | undefined, refuse: Fail): void {
  if (element != null && mayBeAbsent(element))
    refuse("an element cannot be absent: BSON's arrays hold no undefined; say nullable() instead");
}

function mayBeAbsent(type: z.core.$ZodType): boolean {
  const { type: name, innerType, options = [] } = definitionOf(type);
  if (name === "optional") return true;
  if (name === "union") return options.some(mayBeAbsent);
  if (name === "nullable" || name === "readonly") return innerType !== undefined && mayBeAbsent(innerType);
  return false;
}

/** readonly() freezes what it gives, which is an error for bytes. */
function mayBeBytes(type: z.core.$ZodType | undefined): boolean {
  if (type === undefined) return false;
  const { innerType, options = [] } = definitionOf(type);
  const { Class } = type._zod.bag as { readonly Class?: unknown };
  if (typeof Class === "function")
    return Class === Uint8Array || Object.create(Class.prototype as object) instanceof Uint8Array;
  return mayBeBytes(innerType) || options.some(mayBeBytes);
}

/** Of the types that are no containers, the one of JavaScript's that all their values have. */
function primitiveOf(type: z.core.$ZodType): string | undefined {
  const def = definitionOf(type);
  const one = (values: readonly unknown[]) => {
    const types = new Set(values.map((value) => typeof value));
    return types.size === 1 ? [...types][0] : undefined;
  };
  switch (def.type) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
    case "date":
      return def.type;
    case "template_literal":
      return "string";
    case "enum":
      return one(Object.values(def.entries ?? {}));
    case "literal":
      return one(def.values ?? []);
    case "readonly":
      return def.innerType === undefined ? undefined : primitiveOf(def.innerType);
    case "pipe":
      return def.out === undefined ? undefined : primitiveOf(def.out);
    default:
      return undefined;
  }
}

const LEAVES = new Set([
  "boolean",
  "null",
  "any",
  "unknown",
  "enum",
  "literal",
  "template_literal",
  "custom",
  "string",
  "number",
  "bigint",
  "date",
]);

/** Tells whether it may give another value than it was given; strip, defaults and `trim()` do. */
function changesValues(type: z.core.$ZodType, seen = new Set<z.core.$ZodType>()): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  const def = definitionOf(type);
  const isChanging = (inner: z.core.$ZodType | null | undefined) =>
    inner != null && changesValues(inner, seen);
  if ((def as { coerce?: boolean }).coerce) return true;
  if (def.checks?.some(({ _zod }) => _zod.def.check === "overwrite")) return true;
  if (LEAVES.has(def.type)) return false;
  switch (def.type) {
    case "object":
      // Without a catchall it drops what it does not know.
      return (
        def.catchall === undefined ||
        isChanging(def.catchall) ||
        Object.values(def.shape ?? {}).some(isChanging)
      );
    case "never":
      return false;
    case "array":
      return isChanging(def.element);
    case "tuple":
      return isChanging(def.rest) || (def.items ?? []).some(isChanging);
    case "record":
      return isChanging(def.keyType) || isChanging(def.valueType);
    case "union":
      return (def.options ?? []).some(isChanging);
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
      return isChanging(def.innerType);
    case "lazy":
      return isChanging(def.getter?.());
    default:
      return true;
  }
}

const OVERWRITES: readonly ((text: string) => string)[] = [
  (text) => text.trim(),
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  ...["NFC", "NFD", "NFKC", "NFKD"].map((form) => (text: string) => text.normalize(form)),
  (text) => z.util.slugify(text),
];
/** Texts that no two of them make the same of. */
const PROBES = ["  aB ", "\u0130ß", "e\u0301\u00e9\ufb01", " A_b--C é "];

/** zod's own, which change nothing a second time: told by what they do, for a closure has no name. */
function isKnownOverwrite(change: Definition["tx"]): boolean {
  try {
    const results = PROBES.map((probe) => change?.(probe));
    return OVERWRITES.some((known) => PROBES.every((probe, index) => known(probe) === results[index]));
  } catch {
    return false;
  }
}
