import { nameOf, quoteLiteral } from "../../../../sql/quoting.ts";
import type { ObjectOf, SettingProperties } from "../../catalog.ts";
import { reference } from "../names.ts";
import { differsOnlyIn, ownerChange, type Writer } from "./writer.ts";

/** What stands behind a group whose member may let others in. */
const MAY_GRANT = " with admin option";

function grantMembership(group: string, member: string): string {
  return group.endsWith(MAY_GRANT)
    ? `grant ${group.slice(0, -MAY_GRANT.length)} to ${member}${MAY_GRANT}`
    : `grant ${group} to ${member}`;
}

/** Takes a membership away, or of one that stays its option alone. */
function revokeMembership(group: string, { identity, properties }: ObjectOf<"role">): string {
  if (!group.endsWith(MAY_GRANT)) return `revoke ${group} from ${identity}`;
  const name = group.slice(0, -MAY_GRANT.length);
  return properties.memberOf.includes(name)
    ? `revoke admin option for ${name} from ${identity}`
    : `revoke ${name} from ${identity}`;
}

export const role: Writer<"role"> = {
  create(object) {
    const { attributes, memberOf, settings } = object.properties;
    const name = nameOf(object.identity);
    return [
      // Roles belong to the whole server, where another database may have brought this one.
      `do $$ begin\n  if not exists (select from pg_catalog.pg_roles where rolname = ${quoteLiteral(name)}) then\n    create role ${object.identity} with ${attributes.join(" ")};\n  end if;\nend $$`,
      ...memberOf.map((group) => grantMembership(group, object.identity)),
      ...settings.map((setting) => setFor(object.identity, setting)),
    ];
  },
  drop: (object) => [
    { sql: `drop role ${object.identity}`, note: "fails where another database needs the role" },
  ],
  alter(from, to) {
    const old = from.properties;
    const next = to.properties;
    const changed = next.attributes.filter((attribute) => !old.attributes.includes(attribute));
    const isUnlimited = (list: readonly string[]): boolean => !list.some((a) => a.startsWith("connection"));
    if (isUnlimited(next.attributes) && !isUnlimited(old.attributes)) changed.push("connection limit -1");
    return [
      ...(changed.length > 0 ? [`alter role ${to.identity} with ${changed.join(" ")}`] : []),
      ...old.memberOf
        .filter((group) => !next.memberOf.includes(group) && !next.memberOf.includes(group + MAY_GRANT))
        .map((group) => revokeMembership(group, to)),
      ...next.memberOf
        .filter((group) => !old.memberOf.includes(group) && !old.memberOf.includes(group + MAY_GRANT))
        .map((group) => grantMembership(group, to.identity)),
      ...old.settings
        .map(settingName)
        .filter((name) => !next.settings.some((setting) => settingName(setting) === name))
        .map((name) => `alter role ${to.identity} reset ${name}`),
      ...next.settings
        .filter((setting) => !old.settings.includes(setting))
        .map((setting) => setFor(to.identity, setting)),
    ];
  },
};

const settingName = (setting: string): string => setting.slice(0, setting.indexOf("="));

/** PostgreSQL keeps these as a list of names, quoted where needed, which as one text would be one name. */
const LISTS = new Set([
  "search_path",
  "temp_tablespaces",
  "local_preload_libraries",
  "session_preload_libraries",
]);

function setFor(role: string, setting: string): string {
  const name = settingName(setting);
  return `alter role ${role} ${assigned(name, setting.slice(name.length + 1))}`;
}

const assigned = (name: string, value: string): string =>
  `set ${name} = ${LISTS.has(name) && value !== "" ? value : quoteLiteral(value)}`;

/** A database has another name wherever the migration is run. */
function inDatabase({ role }: SettingProperties, clause: string): string {
  const head = role === null ? "alter database " : `alter role ${role} in database `;
  return `do $$ begin\n  execute ${quoteLiteral(head)} || quote_ident(current_database()) || ${quoteLiteral(` ${clause}`)};\nend $$`;
}

const set = ({ properties }: ObjectOf<"setting">): string[] => [
  inDatabase(properties, assigned(properties.parameter, properties.value)),
];

export const setting: Writer<"setting"> = {
  create: set,
  drop: ({ properties }) => [inDatabase(properties, `reset ${properties.parameter}`)],
  alter: (_, to) => set(to),
};

export const schema: Writer<"schema"> = {
  create: (object) => [
    `create schema ${object.identity}`,
    ...ownerChange(reference(object), null, object.properties.owner),
  ],
  drop: (object) => [`drop schema ${object.identity}`],
  alter: (from, to) => ownerChange(reference(to), from.properties.owner, to.properties.owner),
};

export const extension: Writer<"extension"> = {
  create: (object) => [
    `create extension if not exists ${object.identity} with schema ${object.properties.schema}`,
  ],
  drop: (object) => [`drop extension ${object.identity}`],
  alter: (from, to, { base }) =>
    base.unmovable.has(from.key)
      ? null
      : [`alter extension ${to.identity} set schema ${to.properties.schema}`],
};

export const eventTrigger: Writer<"event trigger"> = {
  create(object) {
    const { event, tags, function: name, enabled, owner } = object.properties;
    const when = tags.length > 0 ? ` when tag in (${tags.map(quoteLiteral).join(", ")})` : "";
    return [
      `create event trigger ${object.identity} on ${event}${when} execute function ${name}()`,
      ...(enabled === "enable" ? [] : [`alter event trigger ${object.identity} ${enabled}`]),
      ...ownerChange(reference(object), null, owner),
    ];
  },
  drop: (object) => [`drop event trigger ${object.identity}`],
  alter(from, to) {
    if (!differsOnlyIn(from, to, "enabled", "owner")) return null;
    const { enabled, owner } = to.properties;
    return [
      ...(from.properties.enabled === enabled ? [] : [`alter event trigger ${to.identity} ${enabled}`]),
      ...ownerChange(reference(to), from.properties.owner, owner),
    ];
  },
};
