import type { Client } from "pg";
import { distinct } from "../../model/distinct.ts";
import type { Query } from "../../model/query.ts";
import type { Engine } from "../../postgres/engine.ts";
import { escapeLiteral, quoteIdentifier } from "../../sql/quoting.ts";
import type { Facts } from "../verify/facts.ts";
import { readReaching } from "../verify/trial/reaching.ts";
import { candidates, FRESH } from "../verify/trial/samples.ts";
import type { SeededRow, Seeds } from "../verify/trial/seed.ts";
import { variantsOf } from "../verify/trial/variants.ts";
import { AS_OWNER, type Senders } from "./senders.ts";

/** A query as a client sends it: with arguments that went well; one that adapts as each of its texts. */
export interface Call {
  readonly name: string;
  /** Begins a transaction as who sends it. */
  readonly begin: string;
  readonly statements: readonly Statement[];
}

interface Statement {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

/** So many rows of each table lend their values to arguments. */
const LENT = 6;
/** So many lists of arguments of one text are used in turns. */
const MOST = 8;
/** The same of each text of a query that adapts. */
const MOST_OF_TEXT = 2;
/** Milliseconds in which a query has to answer while nothing else runs. */
const PATIENCE = 5000;
const QUERY_CANCELED = "57014";

/**
 * Finds for each query arguments that go well on the rows that are there; the others are told, with what was said. What goes well with none as its role is
 * sent as whoever owns the tables, so that what it waits for is seen all the same.
 */
export async function callsOf(
  client: Client,
  engine: Engine,
  facts: Facts,
  queries: readonly Query[],
  next: ReadonlyMap<string, string>,
  senders: Senders,
): Promise<{
  readonly calls: readonly Call[];
  readonly untried: readonly { name: string; error: string }[];
  readonly asOwner: readonly { name: string; error: string }[];
}> {
  const lent = await lentRows(engine, facts, next);
  const calls: Call[] = [];
  const untried: { name: string; error: string }[] = [];
  const asOwner: { name: string; error: string }[] = [];
  await client.query(`set statement_timeout = ${PATIENCE}`);
  const reachesBeyond = await readReaching(engine);
  for (const query of queries) {
    if (reachesBeyond(query)) {
      untried.push({
        name: query.name,
        error: "it may reach beyond its database: to other sessions, or to the server's files",
      });
      continue;
    }
    if (query.command === ":copyfrom" || query.statement === "utility") {
      untried.push({ name: query.name, error: "only statements with a plan are sent" });
      continue;
    }
    const { name } = query;
    const all = distinct(lent.flatMap((seeds) => statementsOf(query, facts, seeds)));
    const most = query.sql.variants.length > 0 ? MOST_OF_TEXT : MOST;
    const begin = senders.begin(query);
    const { well, error } = await goingWell(client, begin, all, most);
    if (well.length > 0) {
      calls.push({ name, begin, statements: well });
      continue;
    }
    const owners = begin === AS_OWNER ? [] : (await goingWell(client, AS_OWNER, all, most)).well;
    if (owners.length > 0) {
      calls.push({ name, begin: AS_OWNER, statements: owners });
      asOwner.push({ name, error });
    } else untried.push({ name, error });
  }
  return { calls, untried, asOwner };
}

/** Gives those of the statements that go well, so many of each text, and what was said first of another one. */
async function goingWell(
  client: Client,
  begin: string,
  all: readonly Statement[],
  most: number,
): Promise<{ readonly well: readonly Statement[]; readonly error: string }> {
  const well: Statement[] = [];
  let error = "";
  for (const statement of all) {
    if (well.filter(({ text }) => text === statement.text).length === most) continue;
    const refused = await sendOnce(client, begin, statement);
    if (refused === null) well.push(statement);
    else if (refused.isLate) return { well, error: `it takes more than ${PATIENCE / 1000} s by itself` };
    else error ||= refused.message;
  }
  return { well, error };
}

/** Makes what a client sends: of a query that adapts the whole statement only where that is one of its texts. */
function statementsOf(query: Query, facts: Facts, seeds: Seeds): Statement[] {
  const { text: whole, variants } = query.sql;
  const isSent = variants.length === 0 || variants.some(({ text }) => text === whole);
  return variantsOf(query, facts, seeds).flatMap(({ values, sent }) => {
    if (sent) return [{ text: sent.text, values: sent.params.map((number) => values[number - 1] ?? null) }];
    return isSent ? [{ text: whole, values }] : [];
  });
}

/** Undoes what a query did, so that the rows stay those that they were; what it has locked for its session too, since a pool's next user would wait for that. */
export const UNDO = "rollback; select pg_advisory_unlock_all()";

/** Sends a statement, and undoes it. */
async function sendOnce(
  client: Client,
  begin: string,
  { text, values }: Statement,
): Promise<{ readonly message: string; readonly isLate: boolean } | null> {
  try {
    await client.query(begin);
    await client.query(text, [...values]);
    return null;
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return { message, isLate: code === QUERY_CANCELED };
  } finally {
    await client.query(UNDO);
  }
}

/** Rows of each table two by two, in the form in which arguments are made of them. */
async function lentRows(engine: Engine, facts: Facts, next: ReadonlyMap<string, string>): Promise<Seeds[]> {
  const tables = facts.catalog.relations.filter(
    ({ kind }) => kind === "table" || kind === "partitioned table",
  );
  const byTable = new Map<string, SeededRow[]>();
  const fresh = new Map<string, (string | undefined)[]>();
  // What another column of a domain would have passes its rules.
  const ofDomain = new Map<number, string>();
  for (const table of tables)
    for (const { name, type } of table.columns) {
      const own = next.get(`${table.schema}.${table.name}.${name}`);
      if (own !== undefined && facts.catalog.types.get(type)?.kind === "domain") ofDomain.set(type, own);
    }
  for (const table of tables) {
    const key = `${table.schema}.${table.name}`;
    const columns = table.columns.map(({ name }) => `${quoteIdentifier(name)}::text`);
    if (columns.length === 0) continue;
    const from = `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
    const rows = await engine.run(
      `select array[${columns.join(", ")}] as all from ${from} order by md5(${escapeLiteral(key)} || ctid::text) limit ${LENT * 2}`,
    );
    byTable.set(
      key,
      rows.map(
        ({ all }) =>
          new Map(table.columns.map(({ name }, i) => [name, (all as (string | null)[])[i] ?? null])),
      ),
    );
    for (const column of table.columns) {
      const path = `${key}.${column.name}`;
      const own =
        next.get(path) ??
        ofDomain.get(column.type) ??
        candidates(column.type, facts.catalog, FRESH, column.values)[0];
      fresh.set(path, [undefined, undefined, own]);
    }
  }
  return Array.from({ length: LENT }, (_, i) => ({
    rows: new Map([...byTable].map(([table, rows]) => [table, rows.slice(2 * i, 2 * i + 2)])),
    values: fresh,
  }));
}
