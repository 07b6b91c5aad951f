import { Layouts } from "../../generator/src/postgres/tree/layouts.ts";

/** A field of a node in a tree's text. */
export interface FieldPlace {
  /** As printed, e.g. `RANGETBLENTRY`. */
  readonly label: string;
  readonly name: string;
  /** From the space before its colon to behind its value. */
  readonly start: number;
  readonly end: number;
}

/** All fields in a tree's text but those of nodes that are not looked into. */
export function fieldsOf(text: string, major: number): readonly FieldPlace[] {
  const layouts = Layouts.of(major)!;
  const found: FieldPlace[] = [];
  const open: { label: string; isOther: boolean; field: { name: string; start: number } | null }[] = [];
  const end = (at: number): void => {
    const node = open.at(-1)!;
    if (node.field && !node.isOther) found.push({ label: node.label, ...node.field, end: at });
    node.field = null;
  };
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === "\\") at++;
    else if (c === "{") {
      const label = /\w+/.exec(text.slice(at, at + 100))![0];
      const isWithin = open.at(-1)?.isOther ?? false;
      open.push({ label, isOther: isWithin || layouts.layout(label)!.isOther, field: null });
    } else if (c === "}") {
      end(at);
      open.pop();
    } else if (c === " " && text[at + 1] === ":" && text[at - 1] !== "\\") {
      end(at);
      open.at(-1)!.field = { name: /\w+/.exec(text.slice(at, at + 100))![0], start: at };
    }
  }
  return found;
}
