import { inspect } from "node:util";
import type { Type } from "ts-morph";

/** Why a value is not of the type, exactly (no property more, none less), or null where it is. */
export function mismatch(type: Type, value: unknown, path = "it"): string | null {
  const no = (what = type.getText()): string => `${path} is ${show(value)}, not ${what}`;
  const is = (holds: boolean): string | null => (holds ? null : no());
  if (type.isAny() || type.isUnknown()) return null;
  if (type.isUnion() && !type.isBoolean()) {
    const reasons = type.getUnionTypes().map((member) => mismatch(member, value, path));
    return reasons.includes(null) ? null : reasons.length === 2 ? reasons.join("; ") : no();
  }
  // A brand is for the compiler alone.
  const branded = type.isIntersection()
    ? type.getIntersectionTypes().find((one) => !one.isObject())
    : undefined;
  if (branded) return mismatch(branded, value, path);
  if (type.isNull()) return is(value === null);
  if (type.isUndefined() || type.isVoid()) return is(value === undefined);
  if (type.isLiteral() && !type.isBooleanLiteral()) return is(value === type.getLiteralValue());
  if (type.isBooleanLiteral()) return is(value === (type.getText() === "true"));
  if (type.isString() || type.isTemplateLiteral()) return is(typeof value === "string");
  if (type.isNumber()) return is(typeof value === "number");
  if (type.isBoolean()) return is(typeof value === "boolean");
  if (type.isBigInt()) return is(typeof value === "bigint");
  const name = type.getSymbol()?.getName();
  if (name === "Buffer") return is(Buffer.isBuffer(value));
  if (name === "Date") return is(tag(value) === "Date" && !Number.isNaN(Number(value)));
  if (type.isTuple()) {
    const items = type.getTupleElements();
    if (!Array.isArray(value) || value.length !== items.length) return no();
    return first(items.map((item, i) => mismatch(item, value[i], `${path}[${i}]`)));
  }
  if (type.isArray()) {
    if (!Array.isArray(value)) return no();
    const element = type.getArrayElementTypeOrThrow();
    return first(value.map((item, i) => mismatch(element, item, `${path}[${i}]`)));
  }
  if (tag(value) !== "Object") return no();
  return mismatchOfObject(type, value as Record<string, unknown>, path);
}

function mismatchOfObject(type: Type, value: Record<string, unknown>, path: string): string | null {
  const index = type.getStringIndexType();
  const properties = type.getProperties();
  if (index)
    return first(Object.entries(value).map(([key, item]) => mismatch(index, item, `${path}.${key}`)));
  const names = properties.map((p) => p.getName());
  const surplus = Object.keys(value).find((key) => !names.includes(key));
  if (surplus !== undefined) return `${path} has ${surplus}, which its type does not`;
  return first(
    properties.map((property) => {
      const at = property.getValueDeclaration() ?? property.getDeclarations()[0];
      const own = `${path}.${property.getName()}`;
      if (!Object.hasOwn(value, property.getName()))
        return property.isOptional() ? null : `${own} is missing`;
      return at ? mismatch(property.getTypeAtLocation(at), value[property.getName()], own) : null;
    }),
  );
}

const first = (reasons: readonly (string | null)[]): string | null => reasons.find((r) => r !== null) ?? null;
/** Works across the realms of Node's vm module, which `instanceof` does not. */
const tag = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

function show(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY });
}
