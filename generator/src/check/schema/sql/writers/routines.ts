import type { ObjectOf, Routine } from "../../catalog.ts";
import { reference } from "../names.ts";
import { differsOnlyIn, ownerChange, type Writer } from "./writer.ts";

const definition = (object: Routine): string => object.properties.definition.trimEnd();

/** Tells whether nothing differs that `create or replace` refuses to change. */
function isReplaceable({ properties: old }: Routine, { properties: next }: Routine): boolean {
  const isWindow = (attributes: readonly string[]): boolean => attributes.includes("window");
  return (
    old.returns === next.returns &&
    old.arguments === next.arguments &&
    isWindow(old.attributes) === isWindow(next.attributes)
  );
}

const routine: Writer<"function"> & Writer<"procedure"> = {
  create: (object: Routine) => [
    // Nothing of the name is there; the catalog prints it so.
    definition(object).replace(/^CREATE OR REPLACE/, "CREATE"),
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object: Routine) => [`drop ${reference(object)}`],
  alter(from: Routine, to: Routine) {
    const owner = ownerChange(reference(to), from.properties.owner, to.properties.owner);
    if (from.properties.definition === to.properties.definition) return owner;
    return isReplaceable(from, to) ? [definition(to), ...owner] : null;
  },
};

export const functionWriter: Writer<"function"> = routine;
export const procedure: Writer<"procedure"> = routine;

export const aggregate: Writer<"aggregate"> = {
  create(object) {
    const { arguments: args, definition: body, owner } = object.properties;
    const name = object.identity.slice(0, object.identity.length - signatureLength(object));
    return [`create aggregate ${name}(${args}) (${body})`, ...ownerChange(reference(object), null, owner)];
  },
  drop: (object) => [`drop ${reference(object)}`],
  alter: (from, to) =>
    differsOnlyIn(from, to, "owner")
      ? ownerChange(reference(to), from.properties.owner, to.properties.owner)
      : null,
};

/** A quoted name may hold a parenthesis of its own. */
function signatureLength({ name }: ObjectOf<"aggregate">): number {
  const [own = ""] = /^(?:"(?:[^"]|"")*"|[^(]*)/.exec(name) ?? [];
  return name.length - own.length;
}
