import { CALLS_CHANGE, type Diagnostic } from "../../model/diagnostic.ts";
import { type JsonDiagnostic, type JsonPlace, toJsonDiagnostics, toJsonPlace } from "../json.ts";
import { snippet } from "../snippet.ts";
import { type ReadText, SourceTexts } from "../source-texts.ts";

/** A diagnostic as machine-readable formats need it: placed, with the lines that it is about. */
export interface Finding extends JsonDiagnostic {
  /** Relative to the repository, with forward slashes; null for what belongs to no file. */
  readonly file: string | null;
  /** The lines that it points at, as they are; "" where there are none. */
  readonly excerpt: string;
  readonly docs: string | null;
  readonly related: readonly FindingRelated[];
  /** All of them together mend it. */
  readonly edits: readonly FindingEdit[];
  /** Calls may no longer compile with the edits. */
  readonly changesCalls: boolean;
}

export interface FindingRelated extends JsonPlace {
  readonly message: string;
}

export interface FindingEdit extends JsonPlace {
  /** What to write there. */
  readonly text: string;
}

/** @param prefix from the repository's top to the folder that spans are relative to: "" or `db/` */
export function toFindings(
  diagnostics: readonly Diagnostic[],
  readText: ReadText,
  prefix: string,
): Finding[] {
  const sources = new SourceTexts(readText);
  const placed = <Place extends JsonPlace>(place: Place): Place =>
    place.file === null ? place : { ...place, file: inRepository(prefix, place.file) };
  return toJsonDiagnostics(diagnostics, readText).map((diagnostic, i) => {
    const { docs = null, related = [], edits = [], changesCalls = false } = diagnostics[i]!;
    return {
      ...placed(diagnostic),
      excerpt: excerptOf(diagnostics[i]!, sources),
      docs,
      related: related.map(({ message, span }) => placed({ message, ...toJsonPlace(span, sources) })),
      edits: edits.map(({ text, span }) => placed({ text, ...toJsonPlace(span, sources) })),
      changesCalls,
    };
  });
}

/** `q/q.sql:14`, or "" for what stands in no file. */
export function placeTold({ file, line }: JsonPlace): string {
  return file === null ? "" : `${file}${line === null ? "" : `:${line}`}`;
}

/** Gives what follows from it, a line each, for formats that have no place for that. */
export function relatedLines({ related }: Finding): string[] {
  return related.map((one) => [placeTold(one), one.message].filter((part) => part !== "").join(": "));
}

/** Gives what mends it for certain, a line each. */
export function editLines({ edits, changesCalls }: Finding): string[] {
  const lines = edits.map((edit) =>
    edit.text === ""
      ? `remove what stands at ${placeTold(edit)}:${edit.column}`
      : `at ${placeTold(edit)}:${edit.column} write ${edit.text}`,
  );
  return changesCalls ? [...lines, CALLS_CHANGE] : lines;
}

/** `db/` and `../shared/schema.sql` give `shared/schema.sql`. */
function inRepository(prefix: string, file: string): string {
  const parts: string[] = [];
  for (const part of `${prefix}${file}`.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

function excerptOf({ span }: Diagnostic, sources: SourceTexts): string {
  const lines = span === undefined ? null : sources.lines(span.file);
  if (span === undefined || lines === null || lines.text === "") return "";
  return snippet(lines, span)
    .map((part) => (part === "gap" ? "…" : part.marks === "" ? part.text : `${part.text}\n${part.marks}`))
    .join("\n");
}

/** Gives what it says and what to do about it, in one text. */
export function saidWithHint({ message, hint }: Finding, between: string): string {
  if (hint === null) return message;
  return `${message}${/[.:!?…][)"]?$/.test(message.trimEnd()) ? "" : "."}${between}${hint}`;
}

/** The same for the same finding although lines above it come and go: what it says, where, and the nth of its kind. */
export function fingerprints(findings: readonly Finding[], hash: (text: string) => string): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ code, file, message, excerpt }) => {
    const key = [code, file, message, excerpt].join("\0");
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return hash(`${key}\0${nth}`);
  });
}
