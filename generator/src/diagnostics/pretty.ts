import { styleText } from "node:util";
import { CALLS_CHANGE, type Diagnostic, type Severity, type Span, UNREADABLE } from "../model/diagnostic.ts";
import { snippet } from "./snippet.ts";
import { type ReadText, SourceTexts } from "./source-texts.ts";

export interface PrettyOptions {
  readonly color: boolean;
  /** How `solitude-gen` is typed here, for the hints that name its commands. */
  readonly command?: string;
  /** How many are shown, errors first; all are counted. */
  readonly most?: number;
}

/** As hints name it. */
const TOOL = "solitude-gen";

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const COLORS: Record<Severity, Style> = { error: "red", warning: "yellow", info: "cyan" };

/** Diagnostics for people, in the way of rustc; ends with a line break unless there are none. */
export function renderPretty(
  diagnostics: readonly Diagnostic[],
  readText: ReadText,
  { color, command = TOOL, most = Number.POSITIVE_INFINITY }: PrettyOptions,
): string {
  if (diagnostics.length === 0) return "";
  const paint: Paint = color ? (style, text) => styleText(style, text) : (_style, text) => text;
  const sources = new SourceTexts(readText);
  const blocks = mostSevere(diagnostics, most).map((one) => renderOne(one, sources, paint, command));
  const left = diagnostics.length - blocks.length;
  if (left > 0) blocks.push(`and ${left} more\n`);
  return `${blocks.join("\n")}\n${paint("bold", countSeverities(diagnostics))}\n`;
}

/** Gives so many of them, in their order where these are all. */
function mostSevere(diagnostics: readonly Diagnostic[], most: number): readonly Diagnostic[] {
  if (diagnostics.length <= most) return diagnostics;
  return SEVERITIES.flatMap((severity) => diagnostics.filter((one) => one.severity === severity)).slice(
    0,
    most,
  );
}

const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

/** `2 errors, 1 warning`; "" for none. */
export function countSeverities(diagnostics: readonly Diagnostic[]): string {
  return SEVERITIES.map((severity) => ({
    severity,
    count: diagnostics.filter((d) => d.severity === severity).length,
  }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}${count === 1 ? "" : "s"}`)
    .join(", ");
}

function renderOne(diagnostic: Diagnostic, sources: SourceTexts, paint: Paint, command: string): string {
  const style = COLORS[diagnostic.severity];
  const head = paint(["bold", style] as Style, `${diagnostic.severity}[${diagnostic.code}]`);
  const [first = "", ...rest] = printable(diagnostic.message).split("\n");
  const out = [`${head}${paint("bold", `: ${first}`)}`, ...rest.map((line) => `  ${line}`.trimEnd())];
  out.push(...renderPlace(diagnostic, sources, paint));
  if (diagnostic.hint !== undefined) {
    const hint = printable(diagnostic.hint).replaceAll(`\`${TOOL} `, `\`${command} `);
    const [firstHint = "", ...restHint] = hint.split("\n");
    out.push(`${paint("bold", "hint")}: ${firstHint}`, ...restHint.map((line) => `      ${line}`.trimEnd()));
  }
  for (const { message, span } of diagnostic.related ?? [])
    out.push(
      `  ${paint("blue", "=")} ${placeOf(span, sources)}${printable(message).replaceAll("\n", "\n    ")}`,
    );
  for (const { span, text } of diagnostic.edits ?? []) {
    const what = text === "" ? "remove it" : `write ${printable(text).replaceAll("\n", "\n    ")}`;
    out.push(`${paint("bold", "mend")}: ${placeOf(span, sources)}${what}`);
  }
  if (diagnostic.changesCalls) out.push(`${paint("bold", "mend")}: ${CALLS_CHANGE}`);
  return `${out.join("\n")}\n`;
}

function placeOf(span: Span | undefined, sources: SourceTexts): string {
  if (span === undefined) return "";
  const at = sources.lines(span.file)?.position(span.start);
  return `${printable(span.file)}${at === undefined ? "" : `:${at.line}:${at.column}`}: `;
}

/** A place in a file with its line underlined, as below a diagnostic. */
export function placeLines(span: Span, sources: SourceTexts, color: boolean): string[] {
  return renderPlace({ span, severity: "info" }, sources, color ? styleText : (_style, text) => text);
}

function renderPlace(
  { span, severity, code }: Pick<Diagnostic, "span" | "severity"> & Partial<Pick<Diagnostic, "code">>,
  sources: SourceTexts,
  paint: Paint,
): string[] {
  if (span === undefined) return [];
  // What cannot be read is not for a terminal either.
  const lines = code === UNREADABLE ? null : sources.lines(span.file);
  if (lines === null) return [`  ${paint("blue", "-->")} ${printable(span.file)}`];
  const { line, column } = lines.position(span.start);
  const place = `${printable(span.file)}:${line}:${column}`;
  // An empty file, or one that belongs to no line, has nothing to show.
  if (lines.text === "") return [`  ${paint("blue", "-->")} ${place}`];
  const parts = snippet(lines, span);
  const gutter = Math.max(...parts.map((part) => (part === "gap" ? 0 : String(part.number).length)));
  const bar = paint("blue", `${" ".repeat(gutter)} |`);
  const out = [`${" ".repeat(gutter)} ${paint("blue", "-->")} ${place}`, bar];
  for (const part of parts) {
    if (part === "gap") {
      out.push(paint("blue", `${" ".repeat(gutter)} …`));
      continue;
    }
    out.push(`${paint("blue", `${String(part.number).padStart(gutter)} |`)} ${part.text}`.trimEnd());
    if (part.marks !== "") {
      const marksAt = part.marks.search(/\^/);
      out.push(
        `${bar} ${part.marks.slice(0, marksAt)}${paint(["bold", COLORS[severity]] as Style, part.marks.slice(marksAt))}`,
      );
    }
  }
  return out;
}

/** Without what could drive the terminal: messages quote names and values from the input. */
function printable(text: string): string {
  const plain = text.replaceAll("\r\n", "\n").replaceAll("\t", "    ");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return plain.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
