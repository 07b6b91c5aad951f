/**
 * The statements of a script, each with the database that a `\connect` before it names. PostgreSQL runs what psql sends
 * one by one in transactions of their own, and `create database` needs that.
 *
 * @param {string} text statements end with a semicolon at the end of a line; bodies are quoted with $$
 * @param {string} database where it begins
 * @returns {{ database: string, statement: string }[]}
 */
export function statementsOf(text, database) {
  const statements = [];
  let current = "";
  let isQuoted = false;
  for (const line of text.split("\n")) {
    const connect = /^\\connect (\w+)$/.exec(line);
    if (connect !== null) {
      database = connect[1];
      continue;
    }
    current += `${line}\n`;
    if (line.split("$$").length % 2 === 0) isQuoted = !isQuoted;
    if (isQuoted || !line.endsWith(";")) continue;
    statements.push({ database, statement: current });
    current = "";
  }
  if (current.replace(/--.*/g, "").trim() !== "")
    throw new Error(`the script does not end with a semicolon: ${current}`);
  return statements;
}
