import type { Catalog, ObjectOf } from "../../catalog.ts";
import { parentIdentity, reference, relationWord } from "../names.ts";
import { differsOnlyIn, optionChanges, ownerChange, type Writer } from "./writer.ts";

export const constraint: Writer<"constraint"> = {
  create: (object) => [
    `alter table ${parentIdentity(object)} add constraint ${object.name} ${object.properties.definition}`,
  ],
  drop: (object) => [`alter table ${parentIdentity(object)} drop constraint ${object.name}`],
  alter(from, to) {
    const [old, next] = [from.properties.definition, to.properties.definition];
    if (old === `${next} NOT VALID`)
      return [`alter table ${parentIdentity(to)} validate constraint ${to.name}`];
    const isKey = to.properties.type === "primary key" || to.properties.type === "unique";
    if (!isKey || old.replace(PARAMETERS, "") !== next.replace(PARAMETERS, "")) return null;
    return optionChanges(parametersOf(old), parametersOf(next)).map(
      (change) => `alter index ${to.schema}.${to.name} ${change}`,
    );
  },
};

/** How full the pages of a key's index are, and the like; it stands behind all that may have brackets of its own. */
export const PARAMETERS = / WITH \(([^()]*)\)(?=(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?$)/;

const parametersOf = (definition: string): string[] =>
  [...(PARAMETERS.exec(definition)?.[1] ?? "").matchAll(/(\w+)='([^']*)'/g)].map(
    ([, name, value]) => `${name}=${value}`,
  );

export const index: Writer<"index"> = {
  create: (object) => [object.properties.definition, ...targets(object, object.properties.statistics)],
  drop: (object, { base }) => [`drop index ${object.identity}${hasKeyBelow(object, base) ? " cascade" : ""}`],
  alter(from, to) {
    if (!differsOnlyIn(from, to, "statistics")) return null;
    const places = to.properties.statistics.map(placeOf);
    const gone = from.properties.statistics.map(placeOf).filter((place) => !places.includes(place));
    return targets(to, [
      ...gone.map((place) => `${place} -1`),
      ...to.properties.statistics.filter((one) => !from.properties.statistics.includes(one)),
    ]);
  },
};

/** Tells whether a partition has a key of its own on what it has of an index. */
const hasKeyBelow = ({ key, parent }: ObjectOf<"index">, { objects, needs }: Catalog): boolean =>
  [...objects.values()].some(
    (one) =>
      one.kind === "constraint" &&
      one.parent !== parent &&
      one.properties.type !== "foreign key" &&
      needs.get(one.key)!.has(key),
  );

const placeOf = (target: string): string => target.slice(0, target.indexOf(" "));

const targets = ({ identity }: ObjectOf<"index">, list: readonly string[]): string[] =>
  list.map((one) => `alter index ${identity} alter column ${one.replace(" ", " set statistics ")}`);

export const statistics: Writer<"statistics"> = {
  create: (object) => [
    object.properties.definition,
    ...(object.properties.target === null
      ? []
      : [`alter statistics ${object.identity} set statistics ${object.properties.target}`]),
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object) => [`drop statistics ${object.identity}`],
  alter(from, to) {
    if (!differsOnlyIn(from, to, "target", "owner")) return null;
    const { target, owner } = to.properties;
    return [
      ...(from.properties.target === target
        ? []
        : [`alter statistics ${to.identity} set statistics ${target ?? -1}`]),
      ...ownerChange(reference(to), from.properties.owner, owner),
    ];
  },
};

const enabling = (object: ObjectOf<"trigger"> | ObjectOf<"rule">): string =>
  `alter ${relationWord(object.parent!)} ${parentIdentity(object)} ${object.properties.enabled} ${object.kind} ${object.name}`;

const switched = (object: ObjectOf<"trigger state">, state: string): string =>
  `alter table ${parentIdentity(object)} ${state} trigger ${object.name}`;

export const triggerState: Writer<"trigger state"> = {
  create: (object) => [switched(object, object.properties.enabled)],
  drop: (object) => [switched(object, object.properties.ofParent)],
  // What the parent's trigger becomes, its partitions' become, too.
  alter: (_, to) => [switched(to, to.properties.enabled)],
};

function switchable(kind: "trigger" | "rule"): Writer<"trigger"> & Writer<"rule"> {
  return {
    create: (object) => [
      object.properties.definition,
      ...(object.properties.enabled === "enable" ? [] : [enabling(object)]),
    ],
    drop: (object) => [`drop ${kind} ${object.name} on ${parentIdentity(object)}`],
    alter: (from, to) => (from.properties.definition === to.properties.definition ? [enabling(to)] : null),
  };
}

export const trigger: Writer<"trigger"> = switchable("trigger");
export const rule: Writer<"rule"> = switchable("rule");

function conditions({ using, check }: ObjectOf<"policy">["properties"]): string {
  return `${using === null ? "" : ` using (${using})`}${check === null ? "" : ` with check (${check})`}`;
}

export const policy: Writer<"policy"> = {
  create(object) {
    const { command, permissive, roles } = object.properties;
    return [
      `create policy ${object.name} on ${parentIdentity(object)}${permissive ? "" : " as restrictive"} for ${command} to ${roles.join(", ")}${conditions(object.properties)}`,
    ];
  },
  drop: (object) => [`drop policy ${object.name} on ${parentIdentity(object)}`],
  alter(from, to) {
    const old = from.properties;
    const next = to.properties;
    const isGone = (before: string | null, after: string | null): boolean =>
      before !== null && after === null;
    if (old.command !== next.command || old.permissive !== next.permissive) return null;
    if (isGone(old.using, next.using) || isGone(old.check, next.check)) return null;
    return [
      `alter policy ${to.name} on ${parentIdentity(to)} to ${next.roles.join(", ")}${conditions(next)}`,
    ];
  },
};
