import type { Query } from "../../../model/query.ts";
import { type Engine, PostgresError } from "../../../postgres/engine.ts";
import { escapeLiteral, quoteIdentifier } from "../../../sql/quoting.ts";
import { typed } from "./literal.ts";
import type { Variant } from "./variants.ts";

/** What became of a statement that was executed. */
export type Execution =
  | {
      readonly ok: true;
      readonly count: number /** Each row as text, sorted; null where it gives none. */;
      readonly rows: readonly string[] | null;
    }
  | {
      readonly ok: false;
      readonly sqlState: string;
      readonly message: string;
      readonly table: string;
      readonly column: string;
      readonly constraint: string;
    };

/** Says that a statement went well; what it did is undone by it. */
const DONE = "SO001";
/** So many rows are compared, one by one. */
const ROWS = 200;

/**
 * Executes a query with each list of arguments, as a role or as whoever is connected; deferred constraints are checked, and what each did is
 * undone. Takes one round trip.
 * @param types what the parameters are on this schema
 * @param before statements to run before as whoever is connected, undone too
 */
export async function execute(
  engine: Engine,
  query: Query,
  types: readonly string[],
  variants: readonly Variant[],
  { role, before }: { readonly role: string | null; readonly before: string },
): Promise<Execution[]> {
  if (variants.length === 0) return [];
  const blocks = variants.map(({ values }, i) => {
    const args = types.map((type, n) => typed(values[n] ?? null, type));
    return block(
      `execute ${escapeLiteral(query.sql.text)}${args.length > 0 ? ` using ${args.join(", ")}` : ""}`,
      query.columns.length > 0,
      i,
    );
  });
  return inRole(engine, blocks, variants.length, { role, before });
}

/** Begins to copy into the table, as `:copyfrom` does, and sends no row. */
export async function executeCopy(
  engine: Engine,
  query: Query,
  role: string | null,
): Promise<Execution | null> {
  const { insert } = query;
  if (insert === null) return null;
  const target = `${quoteIdentifier(insert.schema)}.${quoteIdentifier(insert.table)} (${insert.columns.map(quoteIdentifier).join(", ")})`;
  const blocks = [block(`execute ${escapeLiteral(`copy ${target} from '/dev/null'`)}`, false, 0)];
  const [execution] = await inRole(engine, blocks, 1, {
    role,
    before: role === null ? "" : `grant pg_read_server_files to ${quoteIdentifier(role)};`,
  });
  return execution ?? null;
}

async function inRole(
  engine: Engine,
  blocks: readonly string[],
  count: number,
  { role, before }: { readonly role: string | null; readonly before: string },
): Promise<Execution[]> {
  const enter = `${before} ${role === null ? "" : `set local role ${quoteIdentifier(role)};`}`;
  const read = Array.from({ length: count }, (_, i) => `current_setting('solitude.trial${i}') as t${i}`);
  await engine.run("savepoint trial");
  try {
    const [row] = await engine.run(`${enter} ${blocks.join("\n")} reset role; select ${read.join(", ")}`);
    return Array.from({ length: count }, (_, i) => toExecution(String(row?.[`t${i}`])));
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    const { sqlState, message } = error;
    return Array.from({ length: count }, () => ({
      ok: false,
      sqlState,
      message,
      table: "",
      column: "",
      constraint: "",
    }));
  } finally {
    await engine.run("rollback to trial; release trial");
  }
}

/** A block that executes a statement, notes what became of it, and undoes it. */
function block(statement: string, givesRows: boolean, index: number): string {
  const work = givesRows
    ? `for r in ${statement} loop
         n := n + 1;
         if n <= ${ROWS} then got := array_append(got, r::text); end if;
       end loop;`
    : `${statement}; get diagnostics n = row_count;`;
  return `do $solitude$
declare r record; n bigint := 0; got text[] := '{}'; s text; m text; t text; c text; k text;
begin
  ${work}
  set constraints all immediate;
  raise exception using errcode = '${DONE}', message = 'done';
exception when others then
  get stacked diagnostics s = returned_sqlstate, m = message_text, t = table_name, c = column_name, k = constraint_name;
  perform set_config('solitude.trial${index}',
    json_build_object('s', s, 'm', m, 't', t, 'c', c, 'k', k, 'n', n, 'rows', ${givesRows ? "got" : "null"})::text, true);
end $solitude$;`;
}

function toExecution(text: string): Execution {
  const { s, m, t, c, k, n, rows } = JSON.parse(text) as Record<"s" | "m" | "t" | "c" | "k", string> & {
    n: number;
    rows: string[] | null;
  };
  if (s === DONE) return { ok: true, count: n, rows: rows === null ? null : [...rows].sort() };
  return { ok: false, sqlState: s, message: m, table: t, column: c, constraint: k };
}
