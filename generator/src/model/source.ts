import type { Span } from "./diagnostic.ts";
import type { Command } from "./query.ts";

/** A schema file as it is to be executed. */
export interface SchemaFile {
  /** Relative to the configuration file's folder, with forward slashes. */
  readonly path: string;
  /**
   * As long as the file and with its line breaks; what is not to be executed (the down half of a migration,
   * psql meta-commands, COPY data, annotated queries) is blanked, so that offsets stay true.
   */
  readonly text: string;
  /** For one that was made from a template, and so is not as long as its file: where a stretch of `text` comes from. */
  readonly locate?: (start: number, end: number) => Place;
}

/** A span, and its line, 1-based. */
export interface Place extends Span {
  readonly line: number;
}

/** A span in a text that was executed, as one in the author's file. */
export function inFile(span: Span, { locate }: Pick<SchemaFile, "locate">): Span {
  if (!locate) return span;
  const { file, start, end } = locate(span.start, span.end);
  return { file, start, end };
}

/** Gives what stands in texts that were executed, placed in the authors' files. */
export function inFiles<D extends { readonly span?: Span }>(
  found: readonly D[],
  schema: readonly SchemaFile[],
): D[] {
  const made = new Map(schema.flatMap((file) => (file.locate ? [[file.path, file] as const] : [])));
  return found.map((one) => {
    const file = one.span && made.get(one.span.file);
    return file ? { ...one, span: inFile(one.span!, file) } : one;
  });
}

/** One annotated statement of a query file, its macros already replaced. */
export interface QuerySource {
  readonly name: string;
  readonly command: Command;
  /** The annotation (`-- name: X :one`). */
  readonly span: Span;
  /** 1-based line of the annotation. */
  readonly line: number;
  /** Doc comment lines without their markers. */
  readonly comments: readonly string[];
  /** What the comment block says of how it adapts (`-- @optional status`). */
  readonly flags?: readonly QueryFlag[];
  /**
   * The statement without annotation, leading comments and final semicolon; `sqlc.arg(x)`, `sqlc.narg(x)`, `@x` and
   * `sqlc.slice(x)` replaced by `$n`, `in (sqlc.slice(x))` by `= any($n)`, `sqlc.embed(x)` by `x.*`.
   */
  readonly text: string;
  /** One per distinct macro name; positional `$n` written by the author are not listed. */
  readonly params: readonly MacroParam[];
  readonly embeds: readonly EmbedMacro[];
  /** Maps an offset in `text` to the offset in the file (for what a macro became: the macro's start). */
  toFile(offset: number): number;
}

/** The names of flags that we know; sqlc keeps others to itself, and so do we. */
export const FLAGS = ["optional", "sort", "keyset", "whole"] as const;

/** A line `-- @name text` of the comment block that names a query. */
export interface QueryFlag {
  readonly name: (typeof FLAGS)[number];
  /** What stands behind the name, and where that begins in the file. */
  readonly text: string;
  readonly start: number;
  /** The stretch of the file that has nothing else, and its line's end: what goes where it is taken away. */
  readonly line: { readonly start: number; readonly end: number };
}

export interface MacroParam {
  readonly number: number;
  readonly name: string;
  /** True for `sqlc.narg`. */
  readonly nullable: boolean;
  /** True for `sqlc.slice`. */
  readonly slice: boolean;
}

export interface EmbedMacro {
  /** The argument, unquoted. */
  readonly name: string;
  /** Offset in `text` of the `x.*` that it became, and its exclusive end. */
  readonly start: number;
  readonly end: number;
}
