import type { Argument } from "./imported-query.ts";
import { importsOf, memberOf, moduleOf, nameOf, nodesOf, type SourceEdits, ts } from "./source-edits.ts";
import { givesRows, tokensOf, withoutEnd } from "./statement.ts";

/** A statement in a call, with its values as they are written. */
export interface Statement {
  readonly sql: string;
  readonly arguments: readonly Argument[];
  /** Undefined where the values are no list that can be read. */
  readonly values: readonly (readonly [name: string, text: string])[] | undefined;
  /** What was read as the text, where that is no template. */
  readonly text?: ts.Expression;
}

/** The files of the project, as imports lead to them. */
export type Modules = ReadonlyMap<string, SourceEdits>;

/** Reads the statement of a call; null where it has none, and why where it cannot be read. */
export function statementOf(
  edits: SourceEdits,
  call: ts.CallExpression,
  modules: Modules,
): Statement | string | null {
  const found = read(edits, call, modules);
  if (found === null || typeof found === "string") return found;
  const sql = withoutEnd(found.sql);
  return sql === null ? "the call has several statements" : { ...found, sql };
}

function read(
  edits: SourceEdits,
  { arguments: [first, second, ...others] }: ts.CallExpression,
  modules: Modules,
): Statement | string | null {
  if (first === undefined) return null;
  /** What is behind what was read: a callback. */
  const unread = (statement: Statement, rest: readonly (ts.Expression | undefined)[]): Statement =>
    rest.some((one) => one !== undefined) ? { ...statement, values: undefined } : statement;
  if (ts.isObjectLiteralExpression(first)) {
    const text = memberOf(first, "text");
    if (text === undefined) return null;
    const known = new Set(["text", "values"]);
    if (first.properties.some(({ name }) => name === undefined || !known.has(nameOf(name))))
      return "the call has options beside text and values";
    const sql = textOf(edits, text);
    if (sql === null) return whyUnread(edits, text);
    return unread({ ...numbered(edits, sql, memberOf(first, "values")), text }, [second, ...others]);
  }
  const sql = textOf(edits, first);
  if (sql !== null) return unread({ ...numbered(edits, sql, second), text: first }, others);
  if (!ts.isTaggedTemplateExpression(first)) return whyUnread(edits, first);
  const tag = rootOf(first.tag);
  if (tag === null || !isTag(edits, tag)) return null;
  const { template } = first;
  if (!ts.isNoSubstitutionTemplateLiteral(template)) {
    const statement = tagged(edits, tag, template, modules);
    return typeof statement === "string" ? statement : unread(statement, [second, ...others]);
  }
  // A tag of the project's may take the text as it is written.
  if (!isOfLibrary(edits, tag) && template.rawText !== undefined && template.rawText !== template.text)
    return "what the tag makes of a backslash is not known";
  return unread(numbered(edits, template.text, second), others);
}

/** Gives a text that stands in the file: a literal, several put together, a constant that is one, or a constant object's member. */
function textOf(edits: SourceEdits, node: ts.Expression, seen: readonly ts.Node[] = []): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node))
    return textOf(edits, node.expression, seen);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [node.left, node.right].map((part) => textOf(edits, part, seen));
    return left == null || right == null ? null : left + right;
  }
  if (ts.isTemplateExpression(node)) return joined(edits, node, (part) => part.text, seen);
  if (ts.isTaggedTemplateExpression(node)) {
    if (!isRawTag(edits, node.tag)) return null;
    const { template } = node;
    const raw = (part: ts.TemplateLiteralLikeNode): string => part.rawText ?? part.text;
    return ts.isTemplateExpression(template) ? joined(edits, template, raw, seen) : raw(template);
  }
  if (ts.isIdentifier(node)) {
    const value = constant(edits, node);
    return value === null || seen.includes(value) ? null : textOf(edits, value, [...seen, value]);
  }
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return null;
  let object = constant(edits, node.expression);
  while (object !== null && (ts.isAsExpression(object) || ts.isSatisfiesExpression(object)))
    object = object.expression;
  if (object === null || !ts.isObjectLiteralExpression(object) || seen.includes(object)) return null;
  const member = memberOf(object, node.name.text);
  return member === undefined ? null : textOf(edits, member, [...seen, object]);
}

/** Puts a template's texts together, where all that stands between them is text. */
function joined(
  edits: SourceEdits,
  template: ts.TemplateExpression,
  text: (part: ts.TemplateLiteralLikeNode) => string,
  seen: readonly ts.Node[],
): string | null {
  const parts = template.templateSpans.map(({ expression, literal }) => {
    const part = textOf(edits, expression, seen);
    return part === null ? null : part + text(literal);
  });
  return parts.includes(null) ? null : text(template.head) + parts.join("");
}

/** Gives what a constant was made as. */
function constant(edits: SourceEdits, name: ts.Identifier): ts.Expression | null {
  const declared = edits.declarationOf(name);
  if (declared === undefined || !ts.isVariableDeclaration(declared) || !ts.isIdentifier(declared.name))
    return null;
  const isConst = (ts.getCombinedNodeFlags(declared) & ts.NodeFlags.Const) !== 0;
  return isConst ? (declared.initializer ?? null) : null;
}

/** Says why a text is none that stands in the file; null where nothing says that it is a statement. */
function whyUnread(edits: SourceEdits, node: ts.Expression): string | null {
  if (isStatement(beginOf(edits, node))) return "the statement is put together when it runs";
  if (!ts.isIdentifier(node)) return null;
  const declared = edits.declarationOf(node);
  const made =
    declared !== undefined && ts.isVariableDeclaration(declared) ? declared.initializer : undefined;
  const text = made !== undefined && ts.isObjectLiteralExpression(made) ? memberOf(made, "text") : made;
  const isOfPg = [...importsOf(edits)].some(({ module }) => module === "pg");
  return isOfPg || (text !== undefined && isStatement(beginOf(edits, text)))
    ? "the statement is handed on in a variable"
    : null;
}

const isStatement = (text: string): boolean => givesRows(text) !== null;

/** Gives the text that an expression begins with, as far as it stands in the file. */
function beginOf(edits: SourceEdits, node: ts.Expression): string {
  if (ts.isBinaryExpression(node)) return beginOf(edits, node.left);
  if (ts.isTemplateExpression(node)) return node.head.text;
  if (ts.isTaggedTemplateExpression(node))
    return ts.isTemplateExpression(node.template) ? node.template.head.text : node.template.text;
  // `sql`…`.append(…)`
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return beginOf(edits, node.expression.expression);
  return textOf(edits, node) ?? "";
}

/** Modules whose templates are statements with their values, by whatever name a file has them. */
const TAGGED = new Set(["@ts-safeql/sql-tag", "slonik", "sql-template-strings", "sql-template-tag"]);

/** Gives the name that an expression begins with: `sql` of sql`…`, sql.unsafe`…` and sql.type(row)`…`. */
export function rootOf(node: ts.Expression): string | null {
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootOf(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return rootOf(node.tag);
  return ts.isIdentifier(node) ? node.text : null;
}

const isTag = (edits: SourceEdits, name: string): boolean =>
  name.toLowerCase() === "sql" || isOfLibrary(edits, name);

/** Tells whether a file has a name from a module whose templates are statements. */
function isOfLibrary(edits: SourceEdits, name: string): boolean {
  return [...importsOf(edits)].some(
    ({ module, names, declaration }) =>
      TAGGED.has(module) &&
      (declaration.importClause?.name?.text === name || names.some((one) => one.name.text === name)),
  );
}

/** Tells whether it is `String.raw`, or a constant of the file that is. */
function isRawTag(edits: SourceEdits, tag: ts.Expression): boolean {
  if (edits.shown(tag) === "String.raw") return true;
  const value = ts.isIdentifier(tag) ? constant(edits, tag) : null;
  return value !== null && edits.shown(value) === "String.raw";
}

/** Gives the templates of a file that are whole statements with their values: by a library's tag, or as slonik has them. */
export function* templatesOf(edits: SourceEdits): Generator<ts.TaggedTemplateExpression> {
  for (const node of nodesOf(edits.source)) {
    if (!ts.isTaggedTemplateExpression(node)) continue;
    const tag = rootOf(node.tag);
    if (tag === null || !isTag(edits, tag) || /\.fragment$/.test(edits.shown(node.tag))) continue;
    if (!isOfLibrary(edits, tag) && ts.isIdentifier(node.tag)) continue;
    let outer: ts.Node = node.parent;
    while (outer !== undefined && !ts.isTaggedTemplateExpression(outer)) outer = outer.parent;
    if (outer === undefined && isStatement(beginOf(edits, node))) yield node;
  }
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
    sql: parts.join(""),
    arguments: found.map(([, property]) => ({ kind: "value", property })),
    values: isWhole
      ? found.map(([number, name]) => [name, edits.shown(listed[number - 1]!)] as const)
      : undefined,
  };
}

const PARTS = "the statement is put together of parts";

/** A template whose values stand where they are sent. */
function tagged(
  edits: SourceEdits,
  tag: string,
  template: ts.TemplateExpression,
  modules: Modules,
): Statement | string {
  const names = new Names();
  const values: (readonly [string, string])[] = [];
  let sql = template.head.text;
  for (const { expression, literal } of template.templateSpans) {
    const parts =
      partsOf(expression, tag) ?? (isPart(edits, expression, modules) ? PARTS : [{ value: expression }]);
    if (typeof parts === "string") return parts;
    for (const { value, text = edits.shown(value), before = "", after = "" } of parts) {
      const name = names.of(value, values.length + 1);
      values.push([name, text]);
      sql += `${before}sqlc.narg('${name}')${after}`;
    }
    sql += literal.text;
  }
  return {
    sql,
    arguments: values.map(([property]) => ({ kind: "value", property })),
    values,
  };
}

/** The names of types that parts of statements have. */
const PART_TYPE = /Sql(?:Fragment|Query|Token)?\b|SqlToken|Fragment|\bSQLStatement\b/;

/** Tells whether an expression may give a part of a statement, and no value: a template, or what is made of one. */
function isPart(
  edits: SourceEdits,
  node: ts.Node,
  modules: Modules,
  seen: ReadonlySet<ts.Node> = new Set(),
): boolean {
  for (const one of unawaited(node)) {
    if (ts.isTaggedTemplateExpression(one)) {
      const root = rootOf(one.tag);
      if (root !== null && isTag(edits, root)) return true;
    }
    if (!ts.isIdentifier(one)) continue;
    // What is a member of something is not what the file has by its name.
    if (ts.isPropertyAccessExpression(one.parent) && one.parent.name === one) continue;
    if (isOfLibrary(edits, one.text)) return true;
    const declared = edits.declarationOf(one);
    if (declared === undefined || seen.has(declared)) continue;
    const known = new Set([...seen, declared]);
    if (ts.isParameter(declared) || ts.isVariableDeclaration(declared)) {
      if (declared.type !== undefined && PART_TYPE.test(edits.shown(declared.type))) return true;
    }
    if (ts.isVariableDeclaration(declared) && declared.initializer !== undefined) {
      if (isPart(edits, declared.initializer, modules, known)) return true;
    } else if (ts.isFunctionDeclaration(declared)) {
      if (isPart(edits, declared, modules, known)) return true;
    } else if (ts.isImportSpecifier(declared) && isPartElsewhere(edits, declared, modules)) return true;
  }
  return false;
}

/** Gives every node below one, but for what is waited for: that has come from the server. */
function* unawaited(node: ts.Node): Generator<ts.Node> {
  if (ts.isAwaitExpression(node)) return;
  yield node;
  for (const child of node.getChildren()) yield* unawaited(child);
}

/** Tells whether what is imported from another file of the project is made of a template there. */
function isPartElsewhere(edits: SourceEdits, name: ts.ImportSpecifier, modules: Modules): boolean {
  const from = name.parent.parent.parent.moduleSpecifier;
  const path = ts.isStringLiteral(from) ? moduleOf(edits.path, from.text) : null;
  const other = path === null ? undefined : (modules.get(path) ?? modules.get(`${path}/index`));
  if (other === undefined) return false;
  const wanted = (name.propertyName ?? name.name).text;
  return [...nodesOf(other.source)].some(
    (node) =>
      (ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node)) &&
      node.name?.getText() === wanted &&
      isPart(other, node, modules, new Set([node])),
  );
}

/** A value in a statement, and the text around it. */
interface Part {
  readonly value: ts.Expression;
  /** How it is given, where that is not as it is written. */
  readonly text?: string;
  readonly before?: string;
  readonly after?: string;
}

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

/** Reads what slonik makes of values: sql.array, sql.interval and what only casts; otherwise says why not. Null where it is no call of the tag's. */
function partsOf(node: ts.Expression, tag: string): readonly Part[] | string | null {
  if (rootOf(node) !== tag) return null;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return PARTS;
  const [value, type] = node.arguments;
  const kind = node.expression.name.text;
  if (value === undefined || ts.isSpreadElement(value)) return PARTS;
  if (kind === "uuid") return [{ value, after: "::uuid" }];
  if (kind === "binary") return [{ value }];
  if (kind === "json" || kind === "jsonb") return [{ value, text: asJson(value), after: `::${kind}` }];
  if (kind === "array" && type !== undefined)
    return ts.isStringLiteralLike(type)
      ? [{ value, after: `::${type.text}[]` }]
      : "the type of an array is computed";
  if (kind !== "interval" || !ts.isObjectLiteralExpression(value)) return PARTS;
  const fields = value.properties.map(({ name }) => (name === undefined ? "" : nameOf(name)));
  if (fields.length === 0 || fields.some((field) => !Object.hasOwn(INTERVAL, field))) return PARTS;
  return fields.map((field, i) => ({
    value: memberOf(value, field)!,
    before: `${i === 0 ? "make_interval(" : ", "}${INTERVAL[field]} => `,
    after: i === fields.length - 1 ? ")" : "",
  }));
}

/** A text is sent as it is, so that what may be one is written as JSON first. */
const asJson = (value: ts.Expression): string =>
  ts.isObjectLiteralExpression(value) || ts.isArrayLiteralExpression(value)
    ? value.getText()
    : `JSON.stringify(${value.getText()})`;

/** Names of parameters by the expressions that they are given. Each has its own: PostgreSQL may give two that are alike different types. */
class Names {
  readonly #taken = new Set<string>();

  of(value: ts.Expression | undefined, number: number): string {
    const own =
      value === undefined
        ? null
        : ts.isIdentifier(value)
          ? value.text
          : ts.isPropertyAccessExpression(value)
            ? value.name.text
            : null;
    const wanted = own !== null && /^[A-Za-z_]\w*$/.test(own) ? own : `arg${number}`;
    let name = wanted;
    for (let n = 2; this.#taken.has(name); n++) name = `${wanted}${n}`;
    this.#taken.add(name);
    return name;
  }
}
