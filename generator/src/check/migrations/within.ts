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
    statement.kind === "DoStmt" ? await ofBlock(statement.text) : await ofFunctions(engine, statement);
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
    texts.push(...(language === "sql" ? await ofScript(body ?? "") : await ofBlock(definition ?? "")));
  return texts;
}

/** The names of the functions that CALL or SELECT calls. */
function calledBy({ kind, tree }: RawTree): string[] {
  if (kind !== "CallStmt" && kind !== "SelectStmt") return [];
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
async function ofScript(body: string): Promise<string[]> {
  const spans = await splitStatements(body).catch(() => []);
  return spans.map(({ start, end }) => body.slice(start, end));
}

/** A DO block or a function's definition in PL/pgSQL: what is executed as it stands, and EXECUTE of a constant. */
export async function ofBlock(definition: string): Promise<string[]> {
  const { parsePlPgSQLSync } = await loadParser();
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const node = value as Readonly<Record<string, unknown>>;
    const sql = textOf(node.PLpgSQL_stmt_execsql, "sqlstmt");
    if (sql !== null) texts.push(sql);
    const constant = /^\s*('(?:[^']|'')*')\s*$/.exec(textOf(node.PLpgSQL_stmt_dynexecute, "query") ?? "");
    if (constant !== null) texts.push(unquote(constant[1]!));
    for (const inner of Object.values(node)) visit(inner);
  };
  try {
    visit(parsePlPgSQLSync(definition));
  } catch {
    // Of another language, or nothing that PostgreSQL takes.
  }
  return texts;
}

/** The text of an expression that a node of PL/pgSQL's tree holds. */
function textOf(node: unknown, field: string): string | null {
  const expression = (
    node as Readonly<Record<string, { readonly PLpgSQL_expr?: { readonly query?: string } }>>
  )?.[field];
  return expression?.PLpgSQL_expr?.query ?? null;
}
