import type { Argument } from "./imported-query.ts";
import { importsOf, memberOf, nameOf, nodesOf, type SourceEdits, ts } from "./source-edits.ts";
import { givesRows, tokensOf } from "./statement.ts";

/** A statement in a call, with its values as they are written. */
export interface Statement {
  readonly sql: string;
  readonly arguments: readonly Argument[];
  /** Undefined where the values are no list that can be read. */
  readonly values: readonly (readonly [name: string, text: string])[] | undefined;
  /** What was read as the text, where that is no template. */
  readonly text?: ts.Expression;
}

/** Reads the statement of a call; null where it has none, and why where it cannot be read. */
export function statementOf(
  edits: SourceEdits,
  { arguments: [first, second] }: ts.CallExpression,
): Statement | string | null {
  if (first === undefined) return null;
  if (ts.isObjectLiteralExpression(first)) {
    const text = memberOf(first, "text");
    if (text === undefined) return null;
    const known = new Set(["text", "values"]);
    if (first.properties.some(({ name }) => name === undefined || !known.has(nameOf(name))))
      return "the call has options beside text and values";
    const sql = textOf(edits, text);
    return sql === null
      ? whyUnread(edits, text)
      : { ...numbered(edits, sql, memberOf(first, "values")), text };
  }
  if (ts.isTaggedTemplateExpression(first)) {
    const tag = rootOf(first.tag);
    return tag !== null && isTag(edits, tag) ? tagged(edits, tag, first.template) : null;
  }
  const sql = textOf(edits, first);
  return sql === null ? whyUnread(edits, first) : { ...numbered(edits, sql, second), text: first };
}

/** Gives a text that stands in the file: a literal, several put together, a constant that is one, or a constant object's member. */
function textOf(edits: SourceEdits, node: ts.Expression, seen: readonly string[] = []): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node))
    return textOf(edits, node.expression, seen);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [node.left, node.right].map((part) => textOf(edits, part, seen));
    return left == null || right == null ? null : left + right;
  }
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => {
      const part = textOf(edits, expression, seen);
      return part === null ? null : part + literal.text;
    });
    return parts.includes(null) ? null : node.head.text + parts.join("");
  }
  if (ts.isIdentifier(node)) {
    const value = seen.includes(node.text) ? null : constant(edits, node.text);
    return value === null ? null : textOf(edits, value, [...seen, node.text]);
  }
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return null;
  let object = constant(edits, node.expression.text);
  while (object !== null && (ts.isAsExpression(object) || ts.isSatisfiesExpression(object)))
    object = object.expression;
  if (object === null || !ts.isObjectLiteralExpression(object)) return null;
  const member = memberOf(object, node.name.text);
  return member === undefined ? null : textOf(edits, member, [...seen, node.expression.text]);
}

/** Gives what a constant was made as, where the file means nothing else by its name. */
function constant(edits: SourceEdits, name: string): ts.Expression | null {
  const declared = [...nodesOf(edits.source)].filter(
    (node) =>
      (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)) &&
      node.name.getText() === name,
  );
  const [only] = declared;
  if (declared.length !== 1 || !ts.isVariableDeclaration(only!)) return null;
  const isConst = (ts.getCombinedNodeFlags(only) & ts.NodeFlags.Const) !== 0;
  return isConst ? (only.initializer ?? null) : null;
}

/** Says why a text is none that stands in the file; null where nothing says that it is a statement. */
function whyUnread(edits: SourceEdits, node: ts.Expression): string | null {
  let first = node;
  while (ts.isBinaryExpression(first)) first = first.left;
  const begin = ts.isTemplateExpression(first) ? first.head.text : (textOf(edits, first) ?? "");
  if (givesRows(begin) !== null) return "the statement is put together when it runs";
  const isOfPg = [...importsOf(edits)].some(({ module }) => module === "pg");
  return isOfPg && ts.isIdentifier(node) ? "the statement is handed on in a variable" : null;
}

/** Modules whose templates are statements with their values, by whatever name a file has them. */
const TAGGED = new Set(["@ts-safeql/sql-tag", "slonik", "sql-template-strings", "sql-template-tag"]);

/** Gives the name that an expression begins with: `sql` of sql`…`, sql.unsafe`…` and sql.type(row)`…`. */
function rootOf(node: ts.Expression): string | null {
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootOf(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return rootOf(node.tag);
  return ts.isIdentifier(node) ? node.text : null;
}

function isTag(edits: SourceEdits, name: string): boolean {
  if (name.toLowerCase() === "sql") return true;
  return [...importsOf(edits)].some(
    ({ module, names, declaration }) =>
      TAGGED.has(module) &&
      (declaration.importClause?.name?.text === name || names.some((one) => one.name.text === name)),
  );
}

/** A statement with `$1`, and its values. */
function numbered(edits: SourceEdits, sql: string, values: ts.Expression | undefined): Statement {
  const listed =
    values === undefined ? [] : ts.isArrayLiteralExpression(values) ? [...values.elements] : undefined;
  const isList = listed !== undefined && !listed.some((one) => ts.isSpreadElement(one));
  const names = new Names();
  const parts: string[] = [];
  const used = new Map<number, string>();
  let at = 0;
  for (const token of tokensOf(sql)) {
    if (token.kind !== "param") continue;
    const number = Number(sql.slice(token.start + 1, token.end));
    const name = used.get(number) ?? names.of(isList ? listed[number - 1] : undefined, number);
    used.set(number, name);
    parts.push(sql.slice(at, token.start), `sqlc.narg('${name}')`);
    at = token.end;
  }
  parts.push(sql.slice(at));
  const found = [...used].sort(([a], [b]) => a - b);
  const isWhole = isList && found.every(([number]) => listed[number - 1] !== undefined);
  return {
    sql: parts.join("").replace(/;\s*$/, ""),
    arguments: found.map(([, property]) => ({ kind: "value", property })),
    values: isWhole
      ? found.map(([number, name]) => [name, edits.shown(listed[number - 1]!)] as const)
      : undefined,
  };
}

/** A template whose values stand where they are sent. */
function tagged(edits: SourceEdits, tag: string, template: ts.TemplateLiteral): Statement | string {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return { sql: template.text, arguments: [], values: [] };
  const names = new Names();
  const values: (readonly [string, string])[] = [];
  let sql = template.head.text;
  for (const { expression, literal } of template.templateSpans) {
    const parts = rootOf(expression) === tag ? partsOf(expression) : [{ value: expression }];
    if (typeof parts === "string") return parts;
    for (const { value, before = "", after = "" } of parts) {
      const name = names.of(value, values.length + 1);
      values.push([name, edits.shown(value)]);
      sql += `${before}sqlc.narg('${name}')${after}`;
    }
    sql += literal.text;
  }
  const properties = [...new Set(values.map(([name]) => name))];
  return {
    sql: sql.replace(/;\s*$/, ""),
    arguments: properties.map((property) => ({ kind: "value", property })),
    values,
  };
}

/** A value in a statement, and the text around it. */
interface Part {
  readonly value: ts.Expression;
  readonly before?: string;
  readonly after?: string;
}

/** What slonik casts a value to, by the function that wraps it. */
const CASTS: Readonly<Record<string, string>> = { uuid: "uuid", json: "json", jsonb: "jsonb" };
/** Fields of slonik's intervals, and what make_interval calls them. */
const INTERVAL: Readonly<Record<string, string>> = {
  years: "years",
  months: "months",
  weeks: "weeks",
  days: "days",
  hours: "hours",
  minutes: "mins",
  seconds: "secs",
};

/** Reads what slonik makes of values: sql.array, sql.interval and what only casts; otherwise says why not. */
function partsOf(node: ts.Expression): readonly Part[] | string {
  const other = "the statement is put together of parts";
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return other;
  const [value, type] = node.arguments;
  const kind = node.expression.name.text;
  if (value === undefined || ts.isSpreadElement(value)) return other;
  if (Object.hasOwn(CASTS, kind)) return [{ value, after: `::${CASTS[kind]}` }];
  if (kind === "array" && type !== undefined)
    return ts.isStringLiteralLike(type)
      ? [{ value, after: `::${type.text}[]` }]
      : "the type of an array is computed";
  if (kind !== "interval" || !ts.isObjectLiteralExpression(value)) return other;
  const fields = value.properties.map(({ name }) => (name === undefined ? "" : nameOf(name)));
  if (fields.length === 0 || fields.some((field) => !Object.hasOwn(INTERVAL, field))) return other;
  return fields.map((field, i) => ({
    value: memberOf(value, field)!,
    before: `${i === 0 ? "make_interval(" : ", "}${INTERVAL[field]} => `,
    after: i === fields.length - 1 ? ")" : "",
  }));
}

/** Names of parameters by the expressions that they are given: one for each. */
class Names {
  readonly #byText = new Map<string, string>();

  of(value: ts.Expression | undefined, number: number): string {
    const text = value?.getText() ?? `$${number}`;
    let name = this.#byText.get(text);
    if (name === undefined) {
      const own =
        value === undefined
          ? null
          : ts.isIdentifier(value)
            ? value.text
            : ts.isPropertyAccessExpression(value)
              ? value.name.text
              : null;
      const taken = new Set(this.#byText.values());
      name = own !== null && /^\w+$/.test(own) && !taken.has(own) ? own : `arg${number}`;
      this.#byText.set(text, name);
    }
    return name;
  }
}
