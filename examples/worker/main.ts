import { setTimeout as delay } from "node:timers/promises";
import { createPool } from "@solitude/runtime";
import { addJob, listJobs } from "./db";
import { work } from "./worker";

const connectionString = process.env.DATABASE_URL!;
const pool = createPool({ connectionString });
const stop = new AbortController(); // on SIGTERM, in a process of its own
const delivered: string[] = [];
async function deliver({ to, text }: { to: string; text: string }): Promise<void> {
  if (to === "nobody") throw new Error("no such person");
  delivered.push(`${to}: ${text}`);
}

const workers = [1, 2].map(() => work(pool, connectionString, deliver, stop.signal));
await addJob(pool, { input: { to: "ada", text: "hello" } });
await addJob(pool, { input: { to: "nobody", text: "are you there?" } });
await addJob(pool, { input: { to: "grace", text: "good morning" } });

let jobs = await listJobs(pool);
while (jobs.some(({ state }) => state === "queued" || state === "running")) {
  await delay(20);
  jobs = await listJobs(pool);
}
stop.abort();
await Promise.all(workers);
console.log(delivered.toSorted());
for (const { id, state, attempts, lastError } of jobs) console.log(id, state, attempts, lastError);
await pool.close();
