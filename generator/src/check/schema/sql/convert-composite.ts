import type { CatalogObject, ObjectOf } from "../catalog.ts";
import { loss, usingClause } from "./types.ts";
import type { WriterContext } from "./writers/writer.ts";

/** How values of a composite type become values of the one that takes its place. */
export interface Conversion {
  /** The expression that makes a new value of an old one; of NULL it makes NULL, of a row of nulls such a row. */
  of(value: string): string;
  /** What of the stored values is lost, or null. */
  readonly destroys: string | null;
}

export function convertComposite(
  type: ObjectOf<"composite type">,
  { base, head, casts }: WriterContext,
): Conversion {
  const before = new Map(attributesOf(type.key, base.objects.values()).map((one) => [one.name, one]));
  const after = attributesOf(type.key, head.objects.values());
  const kept = new Set(after.map(({ name }) => name));
  const lost = [...before.values()].flatMap((one) =>
    kept.has(one.name) ? [] : [`the attribute ${one.identity} and what is stored in it`],
  );
  const cut = after.flatMap((one) => {
    const old = before.get(one.name);
    if (old === undefined) return [];
    const [from, to] = [old.properties.type, one.properties.type];
    const what = loss(from, to) ?? cutOff(from, to);
    return what === null ? [] : [`${what} of what is stored in ${one.identity}`];
  });
  return {
    of(value) {
      const fields = after.map((one) => {
        const old = before.get(one.name);
        if (old === undefined) return `null::${one.properties.type}`;
        const field = `(${value}).${one.name}`;
        const using = usingClause(field, old.properties.type, one.properties.type, casts);
        return using === "" ? field : using.replace(" using ", "");
      });
      return `case when ${value} is distinct from null then row(${fields.join(", ")})::${type.identity} end`;
    },
    destroys: [...lost, ...cut].join("; ") || null,
  };
}

/**
 * A row is cast to another type as one is told to, and then PostgreSQL cuts off what is too long, which it refuses where a
 * column itself gets another type.
 */
function cutOff(from: string, to: string): string | null {
  const unit = /^bit\b/.test(to) ? "bits" : /^character\b/.test(to) ? "characters" : null;
  return unit !== null && length(to) < length(from) ? `${unit} beyond ${length(to)}` : null;
}

function length(type: string): number {
  return Number(/^(?:bit|character)(?: varying)?\((\d+)\)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY);
}

function attributesOf(type: string, objects: Iterable<CatalogObject>): ObjectOf<"attribute">[] {
  return [...objects].filter(
    (one): one is ObjectOf<"attribute"> => one.kind === "attribute" && one.parent === type,
  );
}
