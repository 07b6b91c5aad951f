import { functionName, pascalCase } from "../emit/names.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { type Modules, type Statement, statementOf, templatesOf } from "./call-statement.ts";
import { type ImportedQuery, unconverted } from "./imported-query.ts";
import { isOwnObject } from "./own-objects.ts";
import { callSite } from "./pgtyped-calls.ts";
import {
  importsOf,
  isClient,
  nodesOf,
  referencesTo,
  type SourceEdits,
  ts,
  usesOf,
  withoutNames,
} from "./source-edits.ts";
import { givesARow, givesRows } from "./statement.ts";
import type { ClientName } from "./typedsql-calls.ts";

/** slonik's methods, and what each gives; null where ours give it in another form, or do not throw where it does. */
const SLONIK: Readonly<Record<string, "one" | "maybe" | "many" | null>> = {
  one: "one",
  maybeOne: "maybe",
  any: "many",
  many: null,
  oneFirst: null,
  maybeOneFirst: null,
  manyFirst: null,
  anyFirst: null,
  exists: null,
};

/** A call that runs a statement. */
interface QueryCall {
  readonly node: ts.CallExpression;
  readonly method: string;
  /** What it is called on; null where it is a function. */
  readonly on: ts.Expression | null;
  readonly isSlonik: boolean;
}

/**
 * Finds `client.query("…", [a])` of `pg`, the same with SafeQL's `sql` templates, and slonik's methods, makes queries of them, and
 * rewrites the calls whose results are used in ways that are understood. What is a statement by a library's tag, and in no such call, is
 * listed.
 * @param take gives a query the name that it gets, the one that is wanted or another; null where it is known already
 */
export function convertQueryCalls(
  edits: SourceEdits,
  take: (wanted: string, query: Omit<ImportedQuery, "name">) => string,
  out: string,
  client: ClientName | null,
  modules: Modules,
): { readonly queries: readonly ImportedQuery[]; readonly problems: readonly Diagnostic[] } {
  const queries: ImportedQuery[] = [];
  const problems: Diagnostic[] = [];
  const rewritten = new Map<string, number>();
  const texts: ts.Expression[] = [];
  const types: ts.TypeNode[] = [];
  const seen = new Set<ts.Node>();
  const list = (why: string, node: ts.Node): void => {
    const span = { file: edits.path, start: node.getStart(), end: node.getEnd() };
    problems.push(
      unconverted(
        why,
        span,
        "What is put together when it runs has no type: see the how-to of queries that adapt.",
      ),
    );
  };
  for (const call of queryCallsOf(edits)) {
    const { node, method, isSlonik } = call;
    for (const argument of node.arguments) {
      seen.add(argument);
      const declared = ts.isIdentifier(argument) ? edits.declarationOf(argument) : undefined;
      if (declared !== undefined && ts.isVariableDeclaration(declared) && declared.initializer !== undefined)
        seen.add(declared.initializer);
    }
    const statement = statementOf(edits, node, modules);
    if (statement === null) continue;
    if (typeof statement === "string") {
      list(statement, node);
      continue;
    }
    const hasRows = givesRows(statement.sql);
    if (hasRows === null) continue;
    const use = isSlonik ? slonikUse(node, method) : pgUse(edits, node, hasRows);
    const command = commandOf(hasRows, isSlonik ? method : null, use);
    const rest = { command, sql: statement.sql, comments: [], arguments: statement.arguments } as const;
    const name = take(wantedName(node), rest);
    queries.push({ name, ...rest });
    const fn = functionName(name);
    const on = call.on === null ? null : isSlonik ? client : { name: edits.shown(call.on), module: null };
    const left = whyLeft(edits, call, statement, use, hasRows, on, modules);
    if (left !== null || on === null || use === null || statement.values === undefined) {
      const [why, runsOn] = left ?? [RESULT, on?.name ?? "pool"];
      const hint =
        isSlonik && client === null
          ? 'Name a pool of `pg`\'s: `--client "pool from ./src/pool"`.'
          : `Call \`${fn}(${runsOn}, args)\` there.`;
      problems.push(callSite(why, { file: edits.path, start: node.getStart(), end: node.getEnd() }, hint));
      continue;
    }
    const args = statement.values.map(([property, text]) =>
      property === text ? text : `${property}: ${text}`,
    );
    const exported = `${fn}${isSlonik && method === "one" && !givesARow(statement.sql) ? "OrThrow" : ""}`;
    const local = freeName(edits, exported);
    const runsOn = on.module === null ? on.name : edits.nameOf(on.module, on.name);
    if (on.module !== null) edits.importNamed(on.module, on.name);
    const written = `${local}(${runsOn}${args.length === 0 ? "" : `, { ${args.join(", ")} }`})`;
    types.push(...use.write(written, edits));
    edits.import(edits.specifier(`${out}/index`), local === exported ? exported : `${exported} as ${local}`);
    if (statement.text !== undefined) texts.push(statement.text);
    const tag = tagOf(node);
    if (tag !== null) rewritten.set(tag, (rewritten.get(tag) ?? 0) + usesOf(edits, tag, node));
  }
  for (const template of templatesOf(edits))
    if (!seen.has(template)) list("the statement is not where it is run", template);
  withoutTags(edits, rewritten);
  withoutTypes(edits, types);
  withoutConstants(edits, texts);
  return { queries, problems };
}

/** Gives the calls of a file that run statements: of slonik's methods, of `query`, and of a function by that name. */
function* queryCallsOf(edits: SourceEdits): Generator<QueryCall> {
  const isOfSlonik = [...importsOf(edits)].some(({ module }) => module === "slonik");
  for (const node of nodesOf(edits.source)) {
    if (!ts.isCallExpression(node)) continue;
    const called = node.expression;
    if (ts.isPropertyAccessExpression(called)) {
      const method = called.name.text;
      const isMethod = Object.hasOwn(SLONIK, method) && (isOfSlonik || isSlonikTemplate(node.arguments[0]));
      const isSlonik =
        isMethod || (method === "query" && (isOfSlonik || isSlonikTemplate(node.arguments[0])));
      if (method === "query" || isMethod) yield { node, method, on: called.expression, isSlonik };
    } else if (ts.isIdentifier(called)) {
      const declared = edits.declarationOf(called);
      if (declared === undefined) continue;
      const name = ts.isImportSpecifier(declared) ? (declared.propertyName ?? declared.name) : called;
      if (name.text === "query") yield { node, method: "query", on: null, isSlonik: false };
    }
  }
}

/** sql.unsafe`…`, sql.type(row)`…` and sql.typeAlias("id")`…`, whatever module the tag is from. */
function isSlonikTemplate(node: ts.Expression | undefined): boolean {
  if (node === undefined || !ts.isTaggedTemplateExpression(node)) return false;
  const tag = ts.isCallExpression(node.tag) ? node.tag.expression : node.tag;
  return ts.isPropertyAccessExpression(tag) && /^(?:unsafe|type|typeAlias)$/.test(tag.name.text);
}

const RESULT = "what becomes of the result is not certain";

/** Says why a call is left to a person, and what the function is to run on there; null where nothing is in the way. */
function whyLeft(
  edits: SourceEdits,
  { on: called, isSlonik }: QueryCall,
  { values }: Statement,
  use: Use | null,
  hasRows: boolean,
  on: ClientName | null,
  modules: Modules,
): readonly [why: string, runsOn: string] | null {
  if (called === null)
    return ["a function of the project's takes a text; ours run on a pool or a client", "pool"];
  if (on === null) return ["it runs on slonik's pool, which is none of ours", "pool"];
  if (isSlonik && !isClient(edits, called, "DatabasePool"))
    return [`${edits.shown(called)} may be in a transaction of slonik's`, on.name];
  if (!isSlonik && isOwnObject(edits, called, modules))
    return [
      `${on.name} is the project's own, whose query takes a text; ours run on a pool or a client`,
      "pool",
    ];
  return values === undefined || use === null || (!hasRows && use.kind === "rows") ? [RESULT, on.name] : null;
}

/** Gives a name for what is imported that the file means nothing by; most calls stand in a function of that very name. */
function freeName(edits: SourceEdits, name: string): string {
  if (usesOf(edits, name) === 0) return name;
  for (let n = 1; ; n++) {
    const other = `${name}Query${n === 1 ? "" : n}`;
    if (usesOf(edits, other) === 0) return other;
  }
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

/** Leaves out imports of types of which every use was in a type that was taken away. */
function withoutTypes(edits: SourceEdits, types: readonly ts.TypeNode[]): void {
  for (const { declaration, module, names } of importsOf(edits)) {
    if (module !== "pg") continue;
    const usedIn = (one: ts.ImportSpecifier): number =>
      types.reduce((sum, type) => sum + referencesTo(edits, one, type), 0);
    const gone = names.filter((one) => {
      const used = usedIn(one);
      return used > 0 && referencesTo(edits, one, edits.source) === used;
    });
    withoutNames(edits, declaration, new Set(gone));
  }
}

/** Leaves out constants of which every use was in a text that was rewritten, or in another of them. */
function withoutConstants(edits: SourceEdits, texts: readonly ts.Expression[]): void {
  const gone = new Map<ts.VariableDeclaration, ts.VariableStatement>();
  for (let isSame = false; !isSame; ) {
    isSame = true;
    for (const statement of nodesOf(edits.source)) {
      if (!ts.isVariableStatement(statement) || statement.modifiers !== undefined) continue;
      const [only, ...others] = statement.declarationList.declarations;
      if (only === undefined || others.length > 0 || gone.has(only)) continue;
      const parts = [...texts, ...gone.values()];
      const used = parts.reduce((sum, part) => sum + referencesTo(edits, only, part), 0);
      if (used === 0 || referencesTo(edits, only, edits.source) !== used) continue;
      gone.set(only, statement);
      isSame = false;
    }
  }
  for (const statement of gone.values()) edits.remove(statement);
}

/** What becomes of a call's result, and how to write it with ours. */
interface Use {
  readonly kind: "nothing" | "rows" | "count";
  /** @returns the types that it took away */
  write(call: string, edits: SourceEdits): readonly ts.TypeNode[];
}

function commandOf(hasRows: boolean, method: string | null, use: Use | null): ImportedQuery["command"] {
  if (!hasRows) return use?.kind === "count" ? ":execrows" : ":exec";
  return method === "one" || method === "maybeOne" || method === "oneFirst" || method === "maybeOneFirst"
    ? ":one"
    : ":many";
}

/** slonik gives rows, or a row, as ours do. */
function slonikUse(node: ts.CallExpression, method: string): Use | null {
  const write = (call: string, edits: SourceEdits): readonly [] => {
    edits.replace(node, call);
    return [];
  };
  if (method === "query") return isStatement(awaited(node)) ? { kind: "nothing", write } : null;
  return SLONIK[method] == null ? null : { kind: "rows", write };
}

const awaited = (node: ts.CallExpression): ts.Node =>
  ts.isAwaitExpression(node.parent) ? node.parent : node;
const isStatement = (node: ts.Node): boolean => ts.isExpressionStatement(node.parent);

/** `pg` gives an object, of which the rows and their number are parts. */
function pgUse(edits: SourceEdits, node: ts.CallExpression, hasRows: boolean): Use | null {
  const result = awaited(node);
  if (isStatement(result)) return { kind: "nothing", write: (call) => replaced(edits, node, call) };
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
      write: (call) => replaced(edits, whole, isRead ? `(${partOf(member, call)})` : partOf(member, call)),
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
        return withoutType(edits, outer);
      },
    };
  }
  if (!ts.isIdentifier(outer.name)) return null;
  const members = membersUsed(outer.name, outer);
  const [member, ...others] = members ?? [];
  if (members === null || others.length > 0 || (member !== undefined && !isPart(member))) return null;
  const { kind, read } = { kind: KINDS[member ?? "rows"], read: member ?? "rows" };
  return {
    kind,
    write: (call) => {
      edits.replace(result, `{ ${read}: ${partOf(read, call)} }`);
      return withoutType(edits, outer);
    },
  };
}

function replaced(edits: SourceEdits, node: ts.Node, text: string): readonly [] {
  edits.replace(node, text);
  return [];
}

/** Takes a variable's type away, which is that of what `pg` gives. */
function withoutType(edits: SourceEdits, { name, type }: ts.VariableDeclaration): readonly ts.TypeNode[] {
  if (type === undefined) return [];
  edits.removeBetween(name, type);
  return [type];
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
    if (!ts.isVariableDeclaration(at) && !ts.isPropertyAssignment(at) && !ts.isPropertyDeclaration(at))
      continue;
    const { name, initializer } = at;
    const isFunction =
      initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));
    if (isFunction && ts.isIdentifier(name)) return pascalCase(name.text);
  }
  return "Query";
}
