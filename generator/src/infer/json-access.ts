import type { Oid } from "../model/catalog.ts";
import type { Expression, SubscriptingRef } from "../postgres/tree/node-types.ts";
import type { TreeAnalysis } from "./analysis.ts";
import { constantInteger, constantText, constantTexts } from "./constants.ts";
import { isPlainType } from "./json.ts";
import { type Found, mayBeJsonNull, type Step, stepInto } from "./json-shapes.ts";
import type { Scope } from "./scope.ts";
import { reason, Value } from "./value.ts";

/** What reads a place of JSON: PostgreSQL's functions, of which `->`, `->>`, `#>` and `#>>` are some. */
const READERS = /^jsonb?_(?:object_field|array_element|extract_path)(_text)?$/;

/** Gives what is read at a place of JSON of which it is known how it was built; null for anything else. */
export function jsonAccess(
  name: string,
  type: Oid,
  args: readonly Expression[],
  scope: Scope,
  analysis: TreeAnalysis,
): Value | null {
  const [json, place] = args;
  const reader = READERS.exec(name);
  if (!reader || !json || !place) return null;
  const steps = stepsOf(name, place);
  return steps && at(json, steps, type, reader[1] !== undefined, scope, analysis);
}

/** `json['a']['b']`. */
export function jsonSubscript(node: SubscriptingRef, scope: Scope, analysis: TreeAnalysis): Value | null {
  const words = node.refupperindexpr.map((index) => index && constantText(index));
  if (words.includes(null)) return null;
  const steps = words.flatMap((word) => (word === null ? [] : { word }));
  return at(node.refexpr, steps, node.refrestype, false, scope, analysis);
}

function stepsOf(name: string, place: Expression): readonly Step[] | null {
  if (name.includes("extract_path")) return constantTexts(place)?.map((word) => ({ word })) ?? null;
  if (name.includes("object_field")) {
    const key = constantText(place);
    return key === null ? null : [{ key }];
  }
  const index = constantInteger(place);
  return index === null ? null : [{ index: Number(index) }];
}

function at(
  json: Expression,
  steps: readonly Step[],
  type: Oid,
  asText: boolean,
  scope: Scope,
  analysis: TreeAnalysis,
): Value | null {
  const value = analysis.value(json, scope);
  let found: Found | null = value.shape && { shape: value.shape, certain: true };
  for (const step of steps) {
    const inner = found && stepInto(found.shape, step, (oid) => isPlainType(oid, analysis));
    found = found && inner && { shape: inner.shape, certain: found.certain && inner.certain };
  }
  if (!found || (asText && found.shape.kind === "unknown")) return null;
  const { shape, certain } = found;
  const name = steps.map((step) => Object.values(step)[0]).join(".");
  // A null of JSON is NULL as text.
  const isThere = certain && !(asText && mayBeJsonNull(shape));
  const because = value.nullable
    ? reason("null-argument", asText ? "->>" : "->", value.because)
    : reason(isThere ? "json-built" : "json-nothing", name);
  return new Value(type, value.nullable || !isThere, because, asText ? {} : { shape: () => shape });
}
