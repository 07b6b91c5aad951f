import type { Engine } from "../../postgres/engine.ts";
import { FIRST_NORMAL_OID } from "../../postgres/normal-oid.ts";
import { loadParser, parseStatement, splitStatements } from "../../postgres/raw-parse.ts";
import { namesOf, type RawTree, walkRaw } from "../../postgres/raw-tree.ts";
import { quoteLiteral, unquote } from "../../sql/quoting.ts";

/**
 * Gives the statements that a block, or the functions that the statement calls, consist of; what the text of one is made of while it runs is not known. Functions
 * that those call in turn are left out.
 */
export async function statementsWithin(
  engine: Pick<Engine, "run">,
  statement: RawTree & { readonly text: string },
): Promise<RawTree[]> {
  const texts =
    statement.kind === "DoStmt"
      ? (await readBlock(statement.text)).texts
      : await ofFunctions(engine, statement);
  const found: RawTree[] = [];
  for (const text of texts) {
    const parsed = await parseStatement(text).catch(() => null);
    if (parsed !== null) found.push(parsed);
  }
  return found;
}

async function ofFunctions(engine: Pick<Engine, "run">, statement: RawTree): Promise<string[]> {
  const names = calledBy(statement);
  if (names.length === 0) return [];
  const rows = await engine.run(
    `select l.lanname::text as language, p.prosrc as body, pg_catalog.pg_get_functiondef(p.oid) as definition
     from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
     where p.oid >= ${FIRST_NORMAL_OID} and p.prokind in ('f', 'p') and l.lanname in ('sql', 'plpgsql') and p.proname in (${names.map(quoteLiteral).join(", ")})
       and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`,
  );
  const texts: string[] = [];
  for (const { language, body, definition } of rows as Record<string, string>[])
    texts.push(
      ...(language === "sql" ? await ofScript(body ?? "") : (await readBlock(definition ?? "")).texts),
    );
  return texts;
}

/** The names of the functions that CALL or SELECT calls. */
function calledBy(statement: RawTree): string[] {
  return statement.kind === "CallStmt" || statement.kind === "SelectStmt" ? functionsIn(statement) : [];
}

/** The names of the functions that a statement calls. */
export function functionsIn({ kind, tree }: RawTree): string[] {
  const names = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name !== undefined) names.add(name);
  };
  if (kind === "CallStmt") add(namesOf(tree.funccall?.funcname).at(-1));
  walkRaw(tree, (inner, node) => {
    if (inner === "FuncCall") add(namesOf(node.funcname).at(-1));
  });
  return [...names];
}

/** A body of the language SQL that is given as a text. */
export async function ofScript(body: string): Promise<string[]> {
  const spans = await splitStatements(body).catch(() => []);
  return spans.map(({ start, end }) => body.slice(start, end));
}

/** How PL/pgSQL reads a text of its own: as a statement, an expression, or from here on an assignment. */
const [STATEMENT, ASSIGNMENT] = [0, 3];

interface Expression {
  readonly query?: string;
  readonly parseMode?: number;
}

/** What a block or a function in PL/pgSQL consists of. */
export interface Block {
  /** What is executed as it stands, EXECUTE of a constant included, and the expressions that call a function, as SELECT. */
  readonly texts: readonly string[];
  /** Whether it goes round for as long as it likes: by LOOP or WHILE. */
  readonly loopsFreely: boolean;
  /** Whether it executes a text that is put together while it runs. */
  readonly isOpen: boolean;
}

/** Reads a DO block or a function's definition in PL/pgSQL. */
export async function readBlock(definition: string): Promise<Block> {
  const { parsePlPgSQLSync } = await loadParser();
  const texts: string[] = [];
  let loopsFreely = false;
  let isOpen = false;
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const node = value as Readonly<Record<string, unknown>>;
    if ("PLpgSQL_stmt_loop" in node || "PLpgSQL_stmt_while" in node) loopsFreely = true;
    const { query, parseMode = STATEMENT } = (node.PLpgSQL_expr ?? {}) as Expression;
    if (query !== undefined && parseMode === STATEMENT) texts.push(query);
    else if (query !== undefined && /[\w"]\s*\(/.test(query))
      texts.push(`select ${parseMode < ASSIGNMENT ? query : query.replace(/^.*?:?=/s, "")}`);
    const executed = executedIn(node);
    const constant = /^\s*('(?:[^']|'')*')\s*$/.exec(executed ?? "");
    if (constant !== null) texts.push(unquote(constant[1]!));
    else if (executed !== undefined) isOpen = true;
    for (const inner of Object.values(node)) visit(inner);
  };
  try {
    visit(parsePlPgSQLSync(definition));
  } catch {
    // Of another language, or nothing that PostgreSQL takes.
  }
  return { texts, loopsFreely, isOpen };
}

/** The text of what EXECUTE is given. */
function executedIn(node: Readonly<Record<string, unknown>>): string | undefined {
  const executed = node.PLpgSQL_stmt_dynexecute as
    | { readonly query?: { readonly PLpgSQL_expr?: Expression } }
    | undefined;
  return executed?.query?.PLpgSQL_expr?.query;
}
