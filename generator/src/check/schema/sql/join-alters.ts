import type { Statement } from "./statement.ts";

/** Matches what may stand beside others of its kind in one ALTER TABLE: each is done in one passage over the rows. */
const ACTION =
  /^(alter table (?:[^\s"]|"(?:[^"]|"")*")+)\s+((?:alter column .* (?:type .*|(?:set|drop) not null)|add column .*))$/s;

/** Lets what goes over the rows of a table one after the other go over them once. */
export function joinAlters(
  statements: readonly Statement[],
  isLong: (statement: Statement) => boolean,
): Statement[] {
  const joined: Statement[] = [];
  for (let i = 0; i < statements.length; ) {
    const table = ACTION.exec(statements[i]!.sql)?.[1];
    let end = i + 1;
    while (table !== undefined && ACTION.exec(statements[end]?.sql ?? "")?.[1] === table) end++;
    const run = statements.slice(i, end);
    if (run.filter(isLong).length > 1) joined.push(join(table!, run));
    else joined.push(...run);
    i = end;
  }
  return joined;
}

function join(table: string, run: readonly Statement[]): Statement {
  const list = (texts: readonly (string | null)[], between: string): string | null =>
    [...new Set(texts.filter((text) => text !== null))].join(between) || null;
  const actions = run.map(({ sql }) => `  ${sql.slice(table.length).trim()}`);
  return {
    ...run[0]!,
    sql: `${table}\n${actions.join(",\n")}`,
    destroys: list(
      run.map(({ destroys }) => destroys),
      "; ",
    ),
    note: list(
      run.map(({ note }) => note),
      "\n-- ",
    ),
  };
}
