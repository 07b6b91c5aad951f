import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { until } from "../../runtime/test/postgres/until.ts";
import { freePort } from "../servers/free-port.mjs";

// `npm run stack`, as a person runs it.

const MAIN = fileURLToPath(new URL("../../stack/main.mjs", import.meta.url));
let stack: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  stack = mkdtempSync(join(tmpdir(), "solitude-stack-"));
  chmodSync(stack, 0o755);
  env = {
    ...process.env,
    SOLITUDE_STACK: stack,
    SOLITUDE_POSTGRES_PORT: String(await freePort()),
    SOLITUDE_TEMPORAL_POSTGRES_PORT: String(await freePort()),
    // Nobody is there: the documents' part is down, and the rest works.
    MONGODB_URL: "mongodb://127.0.0.1:1/solitude",
  };
});
afterAll(() => rmSync(stack, { recursive: true, force: true }));

function start(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = env,
): {
  child: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (text += data));
  return { child, said: () => text, ended: new Promise((resolve) => child.once("close", resolve)) };
}
const answers = (): Promise<boolean> => {
  const client = new pg.Client({
    host: "localhost",
    port: Number(env.SOLITUDE_POSTGRES_PORT),
    user: "x",
    ssl: false,
  });
  // Whoever refuses us is there.
  return client.connect().then(
    () => true,
    (error: Error & { code?: string }) => error.code !== "ECONNREFUSED" && !(error instanceof AggregateError),
  );
};

test("--run gives a command the databases, with data in them, and its exit code; then all has ended", async () => {
  const script = `import pg from "pg";
    const client = new pg.Client(process.env.DATABASE_URL);
    await client.connect();
    // Outside of a scope nothing of a workspace can be seen. No quotation marks: a shell reads this.
    await client.query("select set_config($1, workspace_of_slug($2)::text, false)", ["solitude.workspace_id", "acme"]);
    const { rows } = await client.query("select slug from agents");
    console.log("found " + rows[0].slug);
    await client.end();
    process.exit(7);`;
  const run = start(["--run", `${process.execPath} --input-type=module -e '${script}'`]);
  expect([await run.ended, run.said()]).toEqual([
    7,
    expect.stringMatching(/applied \d+ migrations[\s\S]*found helper/),
  ]);
  expect(await answers()).toBe(false);
});

test("the sample uses both stores", async () => {
  const { MONGODB_URL: _, ...rest } = env;
  const whole = { ...rest, SOLITUDE_MONGODB_PORT: String(await freePort()) };
  const run = start(["--run", `${process.execPath} ${join(dirname(MAIN), "sample.mjs")}`], whole);
  expect([await run.ended, run.said()]).toEqual([0, expect.stringMatching(/PostgreSQL: job .* is queued/)]);
  if (/without documents: (.*)/.test(run.said())) {
    console.warn(`not tested: documents in the stack\n${run.said()}`);
    expect(run.said()).toContain("MongoDB: there is none");
  } else {
    expect(run.said()).toMatch(/MongoDB: execution [0-9a-f]+, and the draft says "Dear Sir or Madam,"/);
  }
}, 600_000);

test("it says how each database is, and ^C stops all of them cleanly", async () => {
  const run = start([]);
  await until(
    () => ["main: up", "temporal: up", "documents: down"].every((text) => run.said().includes(text)),
    240_000,
  ).catch(() => expect(run.said()).toBe("how all of them are"));
  expect(run.said()).toMatch(/documents: down \((unreachable|timeout|failed)\)/);
  expect(run.said()).not.toMatch(/applied/);
  // Another one on the same ports says so, and leaves the first alone.
  const second = start([]);
  expect(await second.ended).toBe(1);
  expect(second.said()).toMatch(/port \d+ is taken: stop what listens there, or set SOLITUDE_/);
  expect(await answers()).toBe(true);
  run.child.kill("SIGINT");
  expect(await run.ended).toBe(0);
  expect(await answers()).toBe(false);
  expect(readFileSync(join(stack, "env"), "utf8")).toMatch(/^DATABASE_URL='postgres:.*sslmode=verify-full/m);
});
