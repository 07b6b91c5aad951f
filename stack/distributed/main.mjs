/** Prints what makes a database with the migrations a distributed one: `node stack/distributed/main.mjs <url>`. Changes nothing. */
import pg from "pg";
import { planDistribution } from "./plan.mjs";

const [url] = process.argv.slice(2);
if (url === undefined) {
  console.error("usage: node stack/distributed/main.mjs <url of a database with the migrations>");
  process.exit(2);
}
const client = new pg.Client({ connectionString: url });
await client.connect();
try {
  const { statements, problems } = await planDistribution(client);
  for (const statement of statements) console.log(`${statement.trim().replace(/;$/, "")};\n`);
  for (const problem of problems) console.error(`not settled: ${problem}`);
  process.exitCode = problems.length > 0 ? 1 : 0;
} finally {
  await client.end();
}
