import { functionName, pascalCase } from "../emit/names.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { type Argument, type ImportedQuery, unconverted } from "./imported-query.ts";
import { callSite } from "./pgtyped-calls.ts";
import { importsOf, isClient, nodesOf, type SourceEdits, ts, usesOf, withoutNames } from "./source-edits.ts";
import { givesRows, tokensOf } from "./statement.ts";
import type { ClientName } from "./typedsql-calls.ts";

/** slonik's methods, and what each gives. */
const SLONIK: Readonly<Record<string, "one" | "maybe" | "many" | null>> = {
  one: "one",
  maybeOne: "maybe",
  many: "many",
  any: "many",
  oneFirst: null,
  maybeOneFirst: null,
  manyFirst: null,
  anyFirst: null,
  exists: null,
};

/** A statement in a call, with its values as they are written. */
interface Statement {
  readonly sql: string;
  readonly arguments: readonly Argument[];
  /** Undefined where the values are no list that can be read. */
  readonly values: readonly (readonly [name: string, text: string])[] | undefined;
}

/**
 * Finds `client.query("…", [a])` of `pg`, the same with SafeQL's `sql` templates, and slonik's methods, makes queries of them, and
 * rewrites the calls whose results are used in ways that are understood.
 * @param take gives a query the name that it gets, the one that is wanted or another; null where it is known already
 */
export function convertQueryCalls(
  edits: SourceEdits,
  take: (wanted: string, query: Omit<ImportedQuery, "name">) => string,
  out: string,
  client: ClientName | null,
): { readonly queries: readonly ImportedQuery[]; readonly problems: readonly Diagnostic[] } {
  const queries: ImportedQuery[] = [];
  const problems: Diagnostic[] = [];
  const rewritten = new Map<string, number>();
  const isSlonik = [...importsOf(edits)].some(({ module }) => module === "slonik");
  for (const node of nodesOf(edits.source)) {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) continue;
    const method = node.expression.name.text;
    if (method !== "query" && !(isSlonik && method in SLONIK)) continue;
    const span = { file: edits.path, start: node.getStart(), end: node.getEnd() };
    const statement = statementOf(edits, node);
    if (statement === null) continue;
    if (typeof statement === "string") {
      problems.push(
        unconverted(
          statement,
          span,
          "What is put together when it runs has no type: see the how-to of queries that adapt.",
        ),
      );
      continue;
    }
    const hasRows = givesRows(statement.sql);
    if (hasRows === null) continue;
    const use = isSlonik ? slonikUse(node, method) : pgUse(edits, node);
    const command = commandOf(hasRows, isSlonik ? method : null, use);
    const rest = { command, sql: statement.sql, comments: [], arguments: statement.arguments } as const;
    const name = take(wantedName(node), rest);
    queries.push({ name, ...rest });
    const on = isSlonik ? client : { name: edits.shown(node.expression.expression), module: null };
    if (on === null)
      problems.push(
        callSite(
          "it runs on slonik's pool, which is none of ours",
          span,
          'Name a pool of `pg`\'s: `--client "pool from ./src/pool"`.',
        ),
      );
    else if (isSlonik && !isClient(edits, node.expression.expression, "DatabasePool"))
      problems.push(
        callSite(
          `${edits.shown(node.expression.expression)} may be in a transaction of slonik's`,
          span,
          `Call \`${functionName(name)}(${on.name}, args)\` there, with what its transaction is on.`,
        ),
      );
    else if (statement.values === undefined || use === null || (hasRows === false && use.kind === "rows"))
      problems.push(
        callSite(
          `what becomes of the result is not certain`,
          span,
          `Call \`${functionName(name)}(${on.name}, args)\` there.`,
        ),
      );
    else {
      const args = statement.values.map(([property, text]) =>
        property === text ? text : `${property}: ${text}`,
      );
      // Two values that are one parameter are written once.
      const given = [...new Set(args)];
      const isSure = isSlonik && method === "one" && !/^\s*insert\b/i.test(statement.sql);
      const fn = `${functionName(name)}${isSure ? "OrThrow" : ""}`;
      // Most stand in a function of that very name.
      const local = usesOf(edits, fn) > 0 ? `${fn}Query` : fn;
      const runsOn = on.module === null ? on.name : edits.nameOf(on.module, on.name);
      if (on.module !== null) edits.importNamed(on.module, on.name);
      use.write(`${local}(${runsOn}${given.length === 0 ? "" : `, { ${given.join(", ")} }`})`, edits);
      edits.import(edits.specifier(`${out}/index`), local === fn ? fn : `${fn} as ${local}`);
      const tag = tagOf(node);
      if (tag !== null) rewritten.set(tag, (rewritten.get(tag) ?? 0) + usesOf(edits, tag, node));
    }
  }
  withoutTags(edits, rewritten);
  return { queries, problems };
}

/** Gives what the tag of a call's template is imported as: `sql` of sql`…`, sql.unsafe`…` and sql.type(row)`…`. */
function tagOf({ arguments: [template] }: ts.CallExpression): string | null {
  if (template === undefined || !ts.isTaggedTemplateExpression(template)) return null;
  let tag: ts.Expression = template.tag;
  while (ts.isPropertyAccessExpression(tag) || ts.isCallExpression(tag)) tag = tag.expression;
  return ts.isIdentifier(tag) ? tag.text : null;
}

/** Leaves out the import of a tag of which every use was rewritten. */
function withoutTags(edits: SourceEdits, rewritten: ReadonlyMap<string, number>): void {
  for (const [tag, uses] of rewritten) {
    // The import itself is one.
    if (usesOf(edits, tag) - 1 !== uses) continue;
    for (const { declaration, names } of importsOf(edits)) {
      withoutNames(edits, declaration, new Set(names.filter((one) => one.name.text === tag)));
      if (declaration.importClause?.name?.text === tag && names.length === 0) edits.remove(declaration);
    }
  }
}

/** What becomes of a call's result, and how to write it with ours. */
interface Use {
  readonly kind: "nothing" | "rows" | "count";
  write(call: string, edits: SourceEdits): void;
}

function commandOf(hasRows: boolean, method: string | null, use: Use | null): ImportedQuery["command"] {
  if (!hasRows) return use?.kind === "count" ? ":execrows" : ":exec";
  return method === "one" || method === "maybeOne" || method === "oneFirst" || method === "maybeOneFirst"
    ? ":one"
    : ":many";
}

/** slonik gives rows, or a row, as ours do. */
function slonikUse(node: ts.CallExpression, method: string): Use | null {
  const write = (call: string, edits: SourceEdits): void => edits.replace(node, call);
  if (method === "query") return isStatement(awaited(node)) ? { kind: "nothing", write } : null;
  return SLONIK[method] === null ? null : { kind: "rows", write };
}

const awaited = (node: ts.CallExpression): ts.Node =>
  ts.isAwaitExpression(node.parent) ? node.parent : node;
const isStatement = (node: ts.Node): boolean => ts.isExpressionStatement(node.parent);

/** `pg` gives an object, of which the rows are a part. */
function pgUse(edits: SourceEdits, node: ts.CallExpression): Use | null {
  const result = awaited(node);
  if (isStatement(result)) return { kind: "nothing", write: (call) => edits.replace(node, call) };
  if (!ts.isAwaitExpression(result)) return null;
  const outer = result.parent;
  if (ts.isParenthesizedExpression(outer) && ts.isPropertyAccessExpression(outer.parent)) {
    const member = outer.parent;
    if (member.name.text !== "rows") return null;
    const isPart =
      ts.isElementAccessExpression(member.parent) || ts.isPropertyAccessExpression(member.parent);
    return {
      kind: "rows",
      write: (call) => edits.replace(member, isPart ? `(await ${call})` : `await ${call}`),
    };
  }
  if (!ts.isVariableDeclaration(outer)) return null;
  if (ts.isObjectBindingPattern(outer.name)) {
    const [only] = outer.name.elements;
    if (
      only === undefined ||
      outer.name.elements.length !== 1 ||
      !ts.isIdentifier(only.name) ||
      only.initializer
    )
      return null;
    const member = (only.propertyName ?? only.name).getText();
    const { name } = outer;
    if (member !== "rows" && member !== "rowCount") return null;
    return {
      kind: member === "rows" ? "rows" : "count",
      write: (call) => {
        edits.replace(name, only.name.getText());
        edits.replace(node, call);
      },
    };
  }
  if (!ts.isIdentifier(outer.name)) return null;
  const members = membersUsed(outer.name, outer);
  if (members === null || [...members].some((member) => member !== "rows")) return null;
  return { kind: "rows", write: (call) => edits.replace(result, `{ rows: await ${call} }`) };
}

/** Finds what is read of a variable; null where it is handed on as a whole. */
function membersUsed(name: ts.Identifier, declaration: ts.Node): Set<string> | null {
  let scope: ts.Node = declaration;
  while (!ts.isBlock(scope) && !ts.isSourceFile(scope)) scope = scope.parent;
  const members = new Set<string>();
  for (const node of nodesOf(scope)) {
    if (!ts.isIdentifier(node) || node.text !== name.text || node === name) continue;
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) continue;
    if (ts.isPropertyAssignment(parent) && parent.name === node) continue;
    if (!ts.isPropertyAccessExpression(parent)) return null;
    members.add(parent.name.text);
  }
  return members;
}

/** Reads the statement of a call; null where it has none, and why where it cannot be read. */
function statementOf(
  edits: SourceEdits,
  { arguments: [first, second] }: ts.CallExpression,
): Statement | string | null {
  if (first === undefined) return null;
  if (ts.isStringLiteralLike(first)) return numbered(edits, first.text, second);
  if (ts.isObjectLiteralExpression(first)) {
    const member = (name: string): ts.Expression | undefined =>
      first.properties
        .filter((one) => ts.isPropertyAssignment(one))
        .find((one) => one.name.getText() === name)?.initializer;
    const text = member("text");
    const known = new Set(["text", "values"]);
    if (text === undefined || !ts.isStringLiteralLike(text)) return null;
    if (first.properties.some((one) => !known.has(one.name?.getText() ?? "")))
      return "the call has options beside text and values";
    return numbered(edits, text.text, member("values"));
  }
  if (ts.isTemplateExpression(first))
    return givesRows(first.head.text) === null ? null : "the statement is put together when it runs";
  if (!ts.isTaggedTemplateExpression(first) || !/^sql\b/.test(edits.shown(first.tag))) return null;
  return tagged(edits, first.template);
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
function tagged(edits: SourceEdits, template: ts.TemplateLiteral): Statement | string {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return { sql: template.text, arguments: [], values: [] };
  const names = new Names();
  const values: (readonly [string, string])[] = [];
  let sql = template.head.text;
  for (const [i, { expression, literal }] of template.templateSpans.entries()) {
    let value = expression;
    let type = "";
    const call = ts.isCallExpression(value) ? value : null;
    if (call !== null && edits.shown(call.expression) === "sql.array" && call.arguments[1] !== undefined) {
      const named = call.arguments[1];
      if (!ts.isStringLiteralLike(named)) return "the type of an array is computed";
      value = call.arguments[0]!;
      type = `::${named.text}[]`;
    } else if (/^sql\b/.test(edits.shown(value))) return "the statement is put together of parts";
    const name = names.of(value, i + 1);
    values.push([name, edits.shown(value)]);
    sql += `sqlc.narg('${name}')${type}${literal.text}`;
  }
  const properties = [...new Set(values.map(([name]) => name))];
  return {
    sql: sql.replace(/;\s*$/, ""),
    arguments: properties.map((property) => ({ kind: "value", property })),
    values,
  };
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

/** Gives the name of the function that the call stands in. */
function wantedName(node: ts.Node): string {
  for (let at: ts.Node = node; at !== undefined; at = at.parent) {
    if ((ts.isFunctionDeclaration(at) || ts.isMethodDeclaration(at)) && at.name && ts.isIdentifier(at.name))
      return pascalCase(at.name.text);
    if (!ts.isVariableDeclaration(at) && !ts.isPropertyAssignment(at)) continue;
    const { name, initializer } = at;
    const isFunction =
      initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));
    if (isFunction && ts.isIdentifier(name)) return pascalCase(name.text);
  }
  return "Query";
}
