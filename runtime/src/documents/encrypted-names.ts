import { type Declaration, encryptedField, touchesEncrypted } from "./declaration.ts";
import { RefusedError } from "./errors.ts";
import { LOGICAL } from "./operators.ts";
import { isPlain, type Step } from "./values.ts";

type Of = Pick<Declaration, "kind" | "encrypt">;
type Stage = Readonly<Record<string, unknown>>;

/** Beside a pipeline's type, refuses the names of encrypted fields, where the compiler sees them. `P` is what was written. */
export type Unencrypted<P, E extends string> = [E] extends [never]
  ? unknown
  : true extends NamesEncrypted<P, E>
    ? P & { readonly "it names an encrypted field": never }
    : unknown;

type NamesEncrypted<V, E extends string> = V extends string
  ? V extends `$${"" | "$ROOT." | "$CURRENT."}data.${E}${"" | `.${string}`}`
    ? true
    : false
  : V extends readonly (infer Each)[]
    ? NamesEncrypted<Each, E>
    : V extends object
      ? {
          readonly [K in keyof V]: K extends "$literal" | "$unset"
            ? false
            : K extends `data.${E}${"" | `.${string}`}`
              ? V[K] extends 0 | false | { readonly $exists: boolean } | { readonly $not: object }
                ? false
                : true
              : NamesEncrypted<V[K], E>;
        }[keyof V]
      : false;

/** Refuses a filter that would compare something encrypted: the server knows only whether it is there. @throws {RefusedError} */
export function refuseEncrypted(of: Of, filter: Stage, at: readonly Step[] = []): void {
  for (const [key, value] of Object.entries(filter)) {
    const below = [...at, key];
    if (LOGICAL.has(key))
      for (const [index, each] of (value as Stage[]).entries()) refuseEncrypted(of, each, [...below, index]);
    else if (key === "$expr") refuseExpression(of, value, below);
    // It can say anything of any field.
    else if (key === "$jsonSchema") throw compared(of, below);
    else if (touchesEncrypted(of.encrypt, key) && !asksForPresence(of, key, value)) throw compared(of, below);
  }
}

/** Refuses an expression that could come to something encrypted: by its path, or by what holds it. */
function refuseExpression(of: Of, expression: unknown, at: readonly Step[]): void {
  if (typeof expression === "string") {
    const path = pathOf(expression);
    if (path !== undefined && (path === "" || touchesEncrypted(of.encrypt, path))) throw compared(of, at);
  } else if (Array.isArray(expression))
    expression.forEach((each, index) => {
      refuseExpression(of, each, [...at, index]);
    });
  else if (isPlain(expression))
    for (const [key, value] of Object.entries(expression)) {
      if (key === "$literal") continue;
      // Its short form reads a field of the document, by a name that may be computed.
      const isShort = key === "$getField" && !(isPlain(value) && Object.hasOwn(value, "input"));
      if (isShort && (typeof value !== "string" || value === "data")) throw compared(of, [...at, key]);
      refuseExpression(of, value, [...at, key]);
    }
}

/** Stages that give the documents as they are. */
const UNCHANGING = new Set(["$match", "$sort", "$limit", "$skip", "$sample"]);
/** Stages that name fields by plain texts. */
const NAMING = new Set(["$densify", "$fill"]);
/** Stages behind which no name means what it meant in the document. */
const MAKES_ANEW = new Set([
  "$bucket",
  "$bucketAuto",
  "$count",
  "$facet",
  "$group",
  "$replaceRoot",
  "$replaceWith",
  "$sortByCount",
]);

/**
 * A pipeline in which nothing encrypted is compared: its first stages may ask whether a field is there; then the fields are taken
 * out, and their names are refused for as long as they could be meant.
 * @throws {RefusedError}
 */
export function withoutEncrypted(of: Of, stages: readonly Stage[]): Stage[] {
  if (of.encrypt.length === 0) return [...stages];
  const changing = stages.findIndex((stage) => !Object.keys(stage).every((name) => UNCHANGING.has(name)));
  const first = stages.slice(0, changing < 0 ? stages.length : changing);
  for (const [index, { $match, $sort }] of first.entries()) {
    if (isPlain($match)) refuseEncrypted(of, $match, [index, "$match"]);
    if (isPlain($sort))
      for (const path of Object.keys($sort))
        if (touchesEncrypted(of.encrypt, path)) throw compared(of, [index, "$sort", path]);
  }
  const rest = stages.slice(first.length);
  refuseNamesIn(of, rest, [], first.length);
  return [...first, { $unset: of.encrypt.map((field) => `data.${field}`) }, ...rest];
}

function refuseNamesIn(of: Of, stages: readonly Stage[], above: readonly Step[], start = 0): void {
  for (const [index, stage] of stages.entries()) {
    for (const [name, value] of Object.entries(stage)) {
      const at = [...above, start + index, name];
      if (name === "$facet" && isPlain(value))
        for (const [facet, pipeline] of Object.entries(value))
          refuseNamesIn(of, pipeline as Stage[], [...at, facet]);
      else if (name !== "$unset") refuseNames(of, value, at, NAMING.has(name));
    }
    if (Object.keys(stage).some((name) => MAKES_ANEW.has(name))) return;
  }
}

/** Refuses names that would give nothing, since the field is not there any more. */
function refuseNames(of: Of, value: unknown, at: readonly Step[], plain: boolean, path = ""): void {
  if (typeof value === "string") {
    const named = pathOf(value) ?? (plain ? value : "");
    if (encryptedField(of.encrypt, named) !== undefined) throw compared(of, at);
  } else if (Array.isArray(value))
    value.forEach((each, index) => {
      refuseNames(of, each, [...at, index], plain);
    });
  else if (isPlain(value))
    for (const [key, below] of Object.entries(value)) {
      if (key === "$literal") continue;
      const whole = path === "" ? key : `${path}.${key}`;
      const isLeftOut = below === 0 || below === false;
      // Below a stage's own option a path begins anew.
      const isNamed = [whole, key].some((each) => encryptedField(of.encrypt, each) !== undefined);
      if (isNamed && !isLeftOut) throw compared(of, [...at, key]);
      refuseNames(of, below, [...at, key], plain, key.startsWith("$") ? "" : whole);
    }
}

function asksForPresence({ encrypt }: Of, path: string, condition: unknown): boolean {
  const asks = (each: unknown): boolean =>
    isPlain(each) &&
    Object.entries(each).every(
      ([operator, operand]) => operator === "$exists" || (operator === "$not" && asks(operand)),
    );
  return (path === "data" || encrypt.some((field) => path === `data.${field}`)) && asks(condition);
}

/** The path in the document that a text of an expression reads: "" is the whole; undefined where it reads none. */
function pathOf(text: string): string | undefined {
  const root = /^\$\$(?:ROOT|CURRENT)(?:\.|$)/.exec(text);
  if (root !== null) return text.slice(root[0].length);
  return text.startsWith("$") && !text.startsWith("$$") ? text.slice(1) : undefined;
}

function compared({ kind, encrypt }: Of, at: readonly Step[]): RefusedError {
  const verb = encrypt.length === 1 ? "is" : "are";
  return new RefusedError(
    `${encrypt.join(", ")} of ${kind} documents ${verb} encrypted: the server cannot compare that`,
    at,
  );
}
