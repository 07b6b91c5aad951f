import { quoteLiteral } from "../../../../sql/quoting.ts";
import type { ObjectOf } from "../../catalog.ts";
import { parentIdentity, reference } from "../names.ts";
import { differsOnlyIn, ownerChange, sameText, type Writer } from "./writer.ts";

const enumLabels = (labels: readonly string[]): string => labels.map(quoteLiteral).join(", ");

/** The `add value` clauses that lead from one list to the other, or null where a label goes or moves. */
function addedLabels(from: readonly string[], to: readonly string[]): string[] | null {
  const known = new Set(from);
  if (
    !sameText(
      to.filter((label) => known.has(label)),
      from,
    )
  )
    return null;
  return to.flatMap((label, i) => {
    if (known.has(label)) return [];
    known.add(label);
    const previous = to[i - 1];
    const isLast = !to.slice(i + 1).some((later) => from.includes(later));
    const beside =
      previous === undefined ? `before ${quoteLiteral(from[0] ?? "")}` : `after ${quoteLiteral(previous)}`;
    const place = isLast ? "" : ` ${beside}`;
    return [`add value ${quoteLiteral(label)}${place}`];
  });
}

export const enumType: Writer<"enum"> = {
  create: (object) => [
    `create type ${object.identity} as enum (${enumLabels(object.properties.labels)})`,
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object) => [`drop type ${object.identity}`],
  alter(from, to) {
    const added = addedLabels(from.properties.labels, to.properties.labels);
    if (added === null) return null;
    return [
      ...added.map((clause) => `alter type ${to.identity} ${clause}`),
      ...ownerChange(reference(to), from.properties.owner, to.properties.owner),
    ];
  },
};

export const domain: Writer<"domain"> = {
  create(object, { head }) {
    const { type, collation, notNull, default: value, owner } = object.properties;
    const constraints = [...head.objects.values()].flatMap((part) =>
      part.kind === "domain constraint" && part.parent === object.key && !isNotValid(part)
        ? [`\n  constraint ${part.name} ${part.properties.definition}`]
        : [],
    );
    return [
      `create domain ${object.identity} as ${type}${collation === null ? "" : ` collate ${collation}`}${
        value === null ? "" : ` default ${value}`
      }${notNull ? " not null" : ""}${constraints.join("")}`,
      ...ownerChange(reference(object), null, owner),
    ];
  },
  drop: (object) => [`drop domain ${object.identity}`],
  alter(from, to) {
    if (!differsOnlyIn(from, to, "notNull", "default", "owner")) return null;
    const { notNull, default: value, owner } = to.properties;
    const alter = `alter domain ${to.identity}`;
    return [
      ...(from.properties.default === value
        ? []
        : [`${alter} ${value === null ? "drop default" : `set default ${value}`}`]),
      ...(from.properties.notNull === notNull ? [] : [`${alter} ${notNull ? "set" : "drop"} not null`]),
      ...ownerChange(reference(to), from.properties.owner, owner),
    ];
  },
};

export function isNotValid(object: ObjectOf<"domain constraint"> | ObjectOf<"constraint">): boolean {
  return /\bNOT (?:VALID|ENFORCED)$/.test(object.properties.definition);
}

export const domainConstraint: Writer<"domain constraint"> = {
  create: (object) => [
    `alter domain ${parentIdentity(object)} add constraint ${object.name} ${object.properties.definition}`,
  ],
  drop: (object) => [`alter domain ${parentIdentity(object)} drop constraint ${object.name}`],
  alter: (from, to) =>
    from.properties.definition === `${to.properties.definition} NOT VALID`
      ? [`alter domain ${parentIdentity(to)} validate constraint ${to.name}`]
      : null,
};

function attributeDefinition(object: ObjectOf<"attribute">): string {
  const { type, collation } = object.properties;
  return `${object.name} ${type}${collation === null ? "" : ` collate ${collation}`}`;
}

export const composite: Writer<"composite type"> = {
  create(object, { head }) {
    const attributes = [...head.objects.values()].flatMap((part) =>
      part.kind === "attribute" && part.parent === object.key ? [`  ${attributeDefinition(part)}`] : [],
    );
    return [
      `create type ${object.identity} as (\n${attributes.join(",\n")}\n)`,
      ...ownerChange(reference(object), null, object.properties.owner),
    ];
  },
  drop: (object) => [`drop type ${object.identity}`],
  alter(from, to) {
    const old = from.properties.order;
    const next = to.properties.order;
    // New attributes come last; none can be moved.
    const reached = [...old.filter((a) => next.includes(a)), ...next.filter((a) => !old.includes(a))];
    if (!sameText(reached, next)) return null;
    return ownerChange(reference(to), from.properties.owner, to.properties.owner);
  },
};

export const attribute: Writer<"attribute"> = {
  create: (object) => [
    `alter type ${parentIdentity(object)} add attribute ${attributeDefinition(object)} cascade`,
  ],
  drop: (object) => [
    {
      sql: `alter type ${parentIdentity(object)} drop attribute ${object.name} cascade`,
      destroys: `the attribute ${object.identity} and what is stored in it`,
    },
  ],
  alter: (_, to) => {
    const { type, collation } = to.properties;
    return [
      `alter type ${parentIdentity(to)} alter attribute ${to.name} type ${type}${collation === null ? "" : ` collate ${collation}`} cascade`,
    ];
  },
};

export const collation: Writer<"collation"> = {
  create: (object) => [
    `create collation ${object.identity} (${object.properties.definition})`,
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object) => [`drop collation ${object.identity}`],
  alter: (from, to) =>
    differsOnlyIn(from, to, "owner")
      ? ownerChange(reference(to), from.properties.owner, to.properties.owner)
      : null,
};

export const range: Writer<"range type"> = {
  create: (object) => [
    `create type ${object.identity} as range (${object.properties.definition})`,
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object) => [`drop type ${object.identity}`],
  alter: (from, to) =>
    differsOnlyIn(from, to, "owner")
      ? ownerChange(reference(to), from.properties.owner, to.properties.owner)
      : null,
};
