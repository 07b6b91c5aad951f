import type { Span } from "../../model/diagnostic.ts";
import {
  type Command,
  type Expression,
  parseTemplate,
  type TemplateFile,
  type TemplateNode,
} from "./parse-template.ts";
import { TemplateError } from "./template-error.ts";

/** A stretch of what a template gives, and where it comes from. */
export interface Piece {
  readonly text: string;
  readonly file: TemplateFile;
  readonly start: number;
  /** Exclusive. The stretch is the file's own text where it is as long as `text`; otherwise an action gave it. */
  readonly end: number;
}

export interface TemplateContext {
  /** What `.name` stands for. */
  readonly data: ReadonlyMap<string, string>;
  /** What `env "NAME"` gives. */
  readonly environment: ReadonlyMap<string, string | undefined>;
  /** A file by the name that `{{ template "name" . }}` gives it. */
  include(name: string): TemplateFile | undefined;
  /** The file that `{{ install_snapshot "name" }}`, which is tern's own, puts in its place, and what that can include. */
  install?(name: string): ({ readonly file: TemplateFile } & Pick<TemplateContext, "include">) | undefined;
}

type TemplateValue = string | number | boolean | undefined;

/**
 * Executes a template of Go's text/template: data, inclusion, conditions, and the functions below; as much as schemas use.
 * @throws TemplateError at what it does not know, and at what has no value
 */
export function executeTemplate(file: TemplateFile, context: TemplateContext): Piece[] {
  const pieces: Piece[] = [];
  include(file, context, []);
  return pieces;

  function include(from: TemplateFile, scope: TemplateContext, outer: readonly string[]): void {
    write(parseTemplate(from), from, scope, [...outer, from.path]);
  }

  function write(
    nodes: readonly TemplateNode[],
    from: TemplateFile,
    scope: TemplateContext,
    outer: readonly string[],
  ): void {
    for (const node of nodes) {
      const { start, end } = node;
      const at = { file: from.path, start, end };
      if (node.kind === "text") pieces.push({ text: from.text.slice(start, end), file: from, start, end });
      else if (node.kind === "if") {
        const branch = node.branches.find(
          ({ condition }) => condition === null || isTrue(evaluate(condition, scope, at)),
        );
        if (branch) write(branch.body, from, scope, outer);
      } else if (node.kind === "template") {
        const found = scope.include(node.name);
        if (!found) {
          const message = `there is no ${node.name} to include`;
          const hint =
            "Files in folders below that of the migration can be included, by their path from there.";
          throw new TemplateError("template-missing", message, at, hint);
        }
        if (outer.includes(found.path)) {
          throw new TemplateError("template-unsupported", `${node.name} includes itself`, at);
        }
        // Without the dot, the file has no data.
        include(found, node.passesData ? scope : { ...scope, data: new Map() }, outer);
      } else {
        const installed = snapshot(node.expression, scope, at);
        if (installed) {
          include(installed.file, { ...scope, include: installed.include }, outer);
          continue;
        }
        const value = evaluate(node.expression, scope, at);
        if (value === undefined) throw noValue(node.expression, at);
        pieces.push({ text: String(value), file: from, start, end });
      }
    }
  }
}

function snapshot(expression: Expression, scope: TemplateContext, at: Span) {
  const [command] = expression;
  const [name, argument] = command?.operands ?? [];
  if (expression.length !== 1 || name?.kind !== "word" || name.text !== "install_snapshot") return undefined;
  if (argument?.kind !== "string") {
    throw new TemplateError("template-unsupported", "install_snapshot takes a name", at);
  }
  const found = scope.install?.(argument.text);
  if (found) return found;
  throw new TemplateError("template-missing", `there is no snapshot ${argument.text}`, at);
}

function noValue(expression: Expression, at: Span): TemplateError {
  const names = expression.flatMap(({ operands }) =>
    operands.flatMap((operand) => (operand.kind === "field" ? [`.${operand.text}`] : [])),
  );
  return new TemplateError(
    "template-variable",
    names.length === 0 ? "the template's action has no value" : `${names.join(", ")} has no value`,
    at,
    "Give it one under [data] in tern.conf, beside the migrations or in a folder above them.",
  );
}

function evaluate(expression: Expression, scope: TemplateContext, at: Span): TemplateValue {
  let piped: TemplateValue[] = [];
  for (const command of expression) piped = [call(command, piped, scope, at)];
  return piped[0];
}

function call(
  { operands }: Command,
  piped: readonly TemplateValue[],
  scope: TemplateContext,
  at: Span,
): TemplateValue {
  const [first, ...rest] = operands;
  const valueIn = (operand: Command["operands"][number]): TemplateValue => {
    if (operand.kind === "field") return scope.data.get(operand.text);
    if (operand.kind === "group") return evaluate(operand.expression, scope, at);
    if (operand.kind === "number") return Number(operand.text);
    if (operand.kind === "string") return operand.text;
    if (operand.text === "true" || operand.text === "false") return operand.text === "true";
    throw unknown(operand.text, at);
  };
  if (first?.kind === "word" && first.text !== "true" && first.text !== "false") {
    const fn = FUNCTIONS.get(first.text);
    if (!fn) throw unknown(first.text, at);
    return fn([...rest.map(valueIn), ...piped], scope);
  }
  if (first === undefined || rest.length > 0 || piped.length > 0) throw unknown("this action", at);
  return valueIn(first);
}

function unknown(what: string, at: Span): TemplateError {
  return new TemplateError("template-unsupported", `${what} is not known here`, at);
}

const isTrue = (value: TemplateValue): boolean =>
  value !== undefined && value !== "" && value !== 0 && value !== false;

/** Go's own, and the few of the library Sprig that names and defaults are made with. */
type TemplateFunction = (args: readonly TemplateValue[], scope: TemplateContext) => TemplateValue;

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["eq", ([first, ...others]) => others.some((other) => other === first)],
  ["ne", ([first, second]) => first !== second],
  ["not", ([value]) => !isTrue(value)],
  ["and", (args) => args.find((value) => !isTrue(value)) ?? args.at(-1)],
  ["or", (args) => args.find(isTrue) ?? args.at(-1)],
  ["env", ([name], { environment }) => environment.get(String(name)) ?? ""],
  ["default", ([fallback, value]) => (isTrue(value) ? value : fallback)],
  ["lower", ([value]) => text(value).toLowerCase()],
  ["upper", ([value]) => text(value).toUpperCase()],
  ["trim", ([value]) => text(value).trim()],
  ["squote", ([value]) => `'${text(value)}'`],
  ["quote", ([value]) => JSON.stringify(text(value))],
  ["add", (args) => args.reduce<number>((sum, value) => sum + Number(value), 0)],
  ["sub", ([first, second]) => Number(first) - Number(second)],
]);

const text = (value: TemplateValue): string => (value === undefined ? "" : String(value));
