import { styleText } from "node:util";
import { diffLines } from "diff";
import type { Catalog, CatalogObject, ObjectOf } from "../catalog.ts";
import type { PropertyChange, SchemaChange } from "../changes.ts";
import type { SchemaDiff } from "../diff.ts";
import { label, summary } from "./describe.ts";
import { partsInside } from "./parts.ts";

type Style = Parameters<typeof styleText>[0];

const MARKS: Readonly<Record<SchemaChange["change"], readonly [string, Style]>> = {
  added: ["+", "green"],
  removed: ["-", "red"],
  changed: ["~", "yellow"],
  renamed: [">", "cyan"],
};

interface Line {
  readonly text: string;
  readonly style: Style | null;
  readonly place: string;
}

/** The changes for people, grouped by table, type or function, each with the place that made it. */
export function renderDiff(diff: SchemaDiff, { color }: { color: boolean }): string {
  const groups = new Map<string, SchemaChange[]>();
  for (const change of diff.changes) {
    const key = `${change.subject.kind} ${change.subject.identity}`;
    const list = groups.get(key);
    if (list) list.push(change);
    else groups.set(key, [change]);
  }
  const blocks = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([heading, changes]) => block(heading, changes, diff));
  const notes = diff.notes.map(({ message }): Line[] => [
    { text: `note: ${message}`, style: null, place: "" },
  ]);
  const all = [...blocks, ...notes];
  const width = Math.min(
    72,
    Math.max(0, ...all.flat().flatMap(({ text, place }) => (place ? [text.length] : []))),
  );
  const paint = (style: Style, text: string): string => (color ? styleText(style, text) : text);
  return all
    .map((lines) =>
      lines
        .map(({ text, style, place }) => {
          const shown = style === null ? text : paint(style, text);
          return place === ""
            ? shown
            : `${shown}${" ".repeat(Math.max(0, width - text.length))}  ${paint("dim", place)}`;
        })
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("\n");
}

function block(heading: string, changes: readonly SchemaChange[], diff: SchemaDiff): Line[] {
  const own = changes.find(
    ({ identity, subject, kind }) => identity === subject.identity && kind === subject.kind,
  );
  const head: Line[] =
    own === undefined ? [{ text: `  ${heading}`, style: "bold", place: "" }] : lines(own, diff, "");
  return [
    ...head,
    ...changes.filter((change) => change !== own).flatMap((change) => lines(change, diff, "  ")),
  ];
}

function lines(change: SchemaChange, diff: SchemaDiff, indent: string): Line[] {
  const [mark, style] = MARKS[change.change];
  const place = placeOf(change);
  const line = (text: string): Line => ({ text: `${indent}${mark} ${text}`, style, place });
  if (change.change === "renamed") return [line(`${change.kind} ${change.from} → ${change.identity}`)];
  const catalog = change.change === "removed" ? diff.base : diff.head;
  const object = (change.after ?? change.before)!;
  const title = label(object, catalog);
  if (object.kind === "grant" || object.kind === "default privileges")
    return [privileges(change, title, place, indent)];
  if (change.change === "changed") {
    const short = change.properties.filter(isShort);
    const long = change.properties.filter((property) => !isShort(property));
    const told = [
      ...short.map(({ name, from, to }) => `${nameOf(object, name)}${show(from)} → ${show(to)}`),
      ...long.map(({ name }) => name),
    ].join("; ");
    return [line(`${title}: ${told}`), ...long.flatMap((property) => textChange(property, `${indent}    `))];
  }
  const what = summary(object, catalog);
  return [line(what === "" ? title : `${title} ${what}`), ...inside(object, catalog, `${indent}    `)];
}

/** Privileges are told by what they were and are, whichever of the two is the usual. */
function privileges({ before, after }: SchemaChange, title: string, place: string, indent: string): Line {
  const granted = (object: CatalogObject | null): string[] => {
    const { properties } = (object ?? before ?? after) as ObjectOf<"grant">;
    if (object === null) return [...properties.defaults];
    const hasOption = (one: string): boolean => properties.grantable.includes(one);
    return properties.privileges.map((one) => (hasOption(one) ? `${one} with grant option` : one));
  };
  const [from, to] = [granted(before), granted(after)];
  const [mark, style] = MARKS[from.length === 0 ? "added" : to.length === 0 ? "removed" : "changed"];
  const told =
    from.length === 0
      ? to.join(", ")
      : to.length === 0
        ? from.join(", ")
        : `${from.join(", ")} → ${to.join(", ")}`;
  return { text: `${indent}${mark} ${title}: ${told}`, style, place };
}

/** A property that is all there is to an object goes without its name. */
function nameOf({ properties }: CatalogObject, name: string): string {
  return Object.keys(properties).length === 1 ? "" : `${words(name)} `;
}

function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The columns of what came or went as a whole, and how much else of it. */
function inside(object: CatalogObject, catalog: Catalog, indent: string): Line[] {
  const { columns, others } = partsInside(object, catalog);
  const width = Math.max(0, ...columns.map(({ name }) => name.length));
  const told = columns.map((column) =>
    `${indent}${column.name.padEnd(width)}  ${summary(column, catalog)}`.trimEnd(),
  );
  const rest = others.length > 0 ? [`${indent}with ${others.join(", ")}`] : [];
  return [...told, ...rest].map((text) => ({ text, style: null, place: "" }));
}

function isShort({ from, to }: PropertyChange): boolean {
  return [from, to].every(
    (value) => typeof value !== "string" || (!value.includes("\n") && value.length <= 60),
  );
}

function show(value: unknown): string {
  if (value === null) return "none";
  if (value === true) return "yes";
  if (value === false) return "no";
  return Array.isArray(value) ? `(${value.join(", ")})` : String(value);
}

const CONTEXT = 1;

/** A view's query or a function's body, line by line. */
function textChange({ from, to }: PropertyChange, indent: string): Line[] {
  const end = (text: unknown): string => `${String(text ?? "").replace(/^\n+|\s+$/g, "")}\n`;
  return diffLines(end(from), end(to)).flatMap(({ value, added, removed }): Line[] => {
    const all = value.replace(/\n$/, "").split("\n");
    const isSame = !added && !removed;
    const shown =
      isSame && all.length > 2 * CONTEXT ? [...all.slice(0, CONTEXT), "…", ...all.slice(-CONTEXT)] : all;
    const mark = added ? "+" : removed ? "-" : " ";
    const style: Style | null = added ? "green" : removed ? "red" : null;
    return shown.map((text) => ({ text: `${indent}${mark} ${text}`.trimEnd(), style, place: "" }));
  });
}

function placeOf({ origin }: SchemaChange): string {
  if (origin === null) return "";
  const place = `${origin.span.file}:${origin.line}`;
  return origin.side === "base" ? `${place} in the base` : place;
}

/** `2 added, 1 removed, 3 changed`. */
export function countChanges(changes: readonly SchemaChange[]): string {
  const kinds = ["added", "removed", "changed", "renamed"] as const;
  return kinds
    .map((kind) => [kind, changes.filter(({ change }) => change === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}
