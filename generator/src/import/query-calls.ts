import { functionName, pascalCase } from "../emit/names.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { statementOf } from "./call-statement.ts";
import { type ImportedQuery, unconverted } from "./imported-query.ts";
import { callSite } from "./pgtyped-calls.ts";
import {
  importsOf,
  isClient,
  isNamespace,
  nodesOf,
  type SourceEdits,
  ts,
  usesOf,
  withoutNames,
} from "./source-edits.ts";
import { givesRows } from "./statement.ts";
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
  const texts: ts.Expression[] = [];
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
    const use = isSlonik ? slonikUse(node, method) : pgUse(edits, node, hasRows);
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
    else if (!isSlonik && isNamespace(edits, node.expression.expression))
      problems.push(
        callSite(
          `${on.name} is a module, whose query takes a text; ours run on a pool or a client`,
          span,
          `Call \`${functionName(name)}(pool, args)\` there, with the pool that the module has.`,
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
      if (statement.text !== undefined) texts.push(statement.text);
      const tag = tagOf(node);
      if (tag !== null) rewritten.set(tag, (rewritten.get(tag) ?? 0) + usesOf(edits, tag, node));
    }
  }
  withoutTags(edits, rewritten);
  withoutConstants(edits, texts);
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

/** Leaves out constants of which every use was in a text that was rewritten, or in another of them. */
function withoutConstants(edits: SourceEdits, texts: readonly ts.Expression[]): void {
  const gone = new Map<string, ts.Node>();
  const usedIn = (name: string, parts: Iterable<ts.Node>): number =>
    [...parts].reduce((sum, part) => sum + usesOf(edits, name, part), 0);
  for (let isSame = false; !isSame; ) {
    isSame = true;
    for (const statement of edits.source.statements) {
      if (!ts.isVariableStatement(statement) || statement.modifiers !== undefined) continue;
      const [only, ...others] = statement.declarationList.declarations;
      if (only === undefined || others.length > 0 || !ts.isIdentifier(only.name)) continue;
      const name = only.name.text;
      if (gone.has(name)) continue;
      const used = usedIn(name, texts) + usedIn(name, gone.values());
      if (used === 0 || usesOf(edits, name) - 1 !== used) continue;
      gone.set(name, statement);
      isSame = false;
    }
  }
  for (const statement of gone.values()) edits.remove(statement);
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

/** `pg` gives an object, of which the rows and their number are parts. */
function pgUse(edits: SourceEdits, node: ts.CallExpression, hasRows: boolean): Use | null {
  const result = awaited(node);
  if (isStatement(result)) return { kind: "nothing", write: (call) => edits.replace(node, call) };
  if (!ts.isAwaitExpression(result)) return null;
  /** What a part is with ours, of which rows are all, and a number is where there are none. */
  const partOf = (member: string, call: string): string =>
    member === "rowCount" && hasRows ? `(await ${call}).length` : `await ${call}`;
  const outer = result.parent;
  if (ts.isParenthesizedExpression(outer) && ts.isPropertyAccessExpression(outer.parent)) {
    const { parent: whole } = outer;
    const member = whole.name.text;
    if (!isPart(member)) return null;
    const isRead = ts.isElementAccessExpression(whole.parent) || ts.isPropertyAccessExpression(whole.parent);
    return {
      kind: KINDS[member],
      write: (call) => edits.replace(whole, isRead ? `(${partOf(member, call)})` : partOf(member, call)),
    };
  }
  if (!ts.isVariableDeclaration(outer)) return null;
  if (ts.isObjectBindingPattern(outer.name)) {
    const [only] = outer.name.elements;
    if (only === undefined || outer.name.elements.length !== 1 || only.initializer) return null;
    const member = (only.propertyName ?? only.name).getText();
    if (!isPart(member) || ts.isObjectBindingPattern(only.name)) return null;
    const { name } = outer;
    return {
      kind: KINDS[member],
      write: (call) => {
        edits.replace(name, edits.shown(only.name));
        edits.replace(result, partOf(member, call));
      },
    };
  }
  if (!ts.isIdentifier(outer.name)) return null;
  const members = membersUsed(outer.name, outer);
  const [member, ...others] = members ?? [];
  if (members === null || others.length > 0 || (member !== undefined && !isPart(member))) return null;
  const { kind, read } = { kind: KINDS[member ?? "rows"], read: member ?? "rows" };
  return { kind, write: (call) => edits.replace(result, `{ ${read}: ${partOf(read, call)} }`) };
}

const KINDS = { rows: "rows", rowCount: "count" } as const;
const isPart = (member: string): member is keyof typeof KINDS => Object.hasOwn(KINDS, member);

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
