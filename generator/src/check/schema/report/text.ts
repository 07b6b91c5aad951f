import { styleText } from "node:util";
import { diffLines } from "diff";
import type { Catalog, CatalogObject } from "../catalog.ts";
import type { PropertyChange, SchemaChange } from "../changes.ts";
import type { SchemaDiff } from "../diff.ts";
import { summary } from "./describe.ts";
import { partsInside } from "./parts.ts";
import { grantedAfter, grantedBefore, isPrivileges, isShort, sentenceOf } from "./sentence.ts";

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
  const [mark, style] = markOf(change);
  const first = { text: `${indent}${mark} ${sentenceOf(change, diff)}`, style, place: placeOf(change) };
  const object = change.after ?? change.before;
  if (change.change === "renamed" || object === null || isPrivileges(object)) return [first];
  if (change.change === "changed") {
    const long = change.properties.filter((property) => !isShort(property));
    return [first, ...long.flatMap((property) => textChange(property, `${indent}    `))];
  }
  const catalog = change.change === "removed" ? diff.base : diff.head;
  return [first, ...inside(object, catalog, `${indent}    `)];
}

function markOf(change: SchemaChange): readonly [string, Style] {
  const object = change.after ?? change.before;
  if (object === null || !isPrivileges(object)) return MARKS[change.change];
  if (grantedBefore(change).length === 0) return MARKS.added;
  return MARKS[grantedAfter(change).length === 0 ? "removed" : "changed"];
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
