import type { Diagnostic, Span } from "../model/diagnostic.ts";
import { withoutEnd } from "./statement.ts";

/** How an argument of the other tool's becomes ours. */
export type Argument =
  /** A value, or a list of values, under its own name. */
  | { readonly kind: "value"; readonly property: string }
  /** An object, whose members become arguments; by member the name that it has with us. */
  | { readonly kind: "object"; readonly property: string; readonly members: ReadonlyMap<string, string> }
  /** A list of objects that are inserted as rows. */
  | { readonly kind: "rows"; readonly property: string; readonly members: readonly string[] };

/** A query of another tool's, as one of ours. */
export interface ImportedQuery {
  readonly name: string;
  readonly command: ":one" | ":many" | ":exec" | ":execrows" | ":copyfrom";
  /** With our parameters, without a semicolon. */
  readonly sql: string;
  readonly comments: readonly string[];
  readonly arguments: readonly Argument[];
}

/** What a file of another tool's has. */
export interface ImportedFile {
  readonly queries: readonly ImportedQuery[];
  /** What stays as it is, and why. */
  readonly problems: readonly Diagnostic[];
}

/** Says why something was left as it is. */
export function unconverted(message: string, span: Span, hint: string): Diagnostic {
  return { code: "import-unconverted", severity: "warning", message, hint, span };
}

/** Writes a file of queries. */
export function writeQueries(queries: readonly ImportedQuery[]): string {
  return queries
    .map(({ name, command, comments, sql }) => {
      const above = comments.map((line) => `-- ${line}\n`).join("");
      const statement = (withoutEnd(sql) ?? sql).trim();
      return `${above}-- name: ${name} ${command}\n${statement.replaceAll("\r\n", "\n")};\n`;
    })
    .join("\n");
}
