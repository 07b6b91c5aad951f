import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { freePort } from "../../../stack/processes/free-port.mjs";
import { sliceToRun } from "../../../tests/long-form.ts";
import { killableServer } from "../../../tests/mongo/killable.mjs";
import { reportNotTested } from "../../../tests/servers/not-tested.ts";
import { DatabaseError, jobId } from "../../src/documents/index.ts";
import { until } from "../postgres/until.ts";
import { closeAll, LAYOUTS, open, W } from "./fixture.ts";

afterAll(closeAll);

const WORKERS = 8;
const KILLS = 3;

/** A server of our own, since this one is killed. */
const startServer = await killableServer((text) => process.stderr.write(`${text}\n`)).catch(
  (error: Error) => error,
);
const name = "a server killed under load loses no write that it has acknowledged, and leaves nothing behind";
if (startServer instanceof Error) {
  reportNotTested(startServer.message, name);
  test.skip(name, () => {});
} else {
  // Where documents lie is nothing to a server that ends.
  test.each(sliceToRun("layouts, on a server that is killed", LAYOUTS, LAYOUTS.length))(
    `${name} (%s)`,
    async (layout) => {
      const data = mkdtempSync(join(tmpdir(), "solitude-killed-"));
      const processesBefore = await processes();
      const resourcesBefore = countOf(process.getActiveResourcesInfo());
      const address = `127.0.0.1:${await freePort()}`;
      let server = await startServer({ data, address });
      const documents = open(
        { url: server.url, serverSelectionTimeout: 500, socketTimeout: 2_000, pool: { max: WORKERS } },
        { layout, serverChecks: "if-supported" },
      );
      const acknowledged = new Map<string, string>();
      const failures = new Set<string>();
      let writes = 0;
      let failed = 0;
      let running = true;
      const worker = async (number: number) => {
        const { notes } = documents.workspace(W).job(jobId(`job${number % 2}`)).collections;
        for (let i = 0; running; i++) {
          const id = `${number}-${i}`;
          try {
            await notes.insert({ text: `first ${id}` }, { id });
            acknowledged.set(id, `first ${id}`);
            const { revision } = (await notes.get(id))!;
            acknowledged.delete(id); // Until it is known which of the two it is.
            await notes.replace(id, { text: `second ${id}` }, { revision });
            acknowledged.set(id, `second ${id}`);
            writes++;
          } catch (error) {
            // A caller must be able to tell what it was.
            if (!(error instanceof DatabaseError)) throw error;
            failures.add(error.name);
            failed++;
            await setTimeout(20);
          }
        }
      };
      const workers = Array.from({ length: WORKERS }, (_, number) => worker(number));
      /** Until there is something to lose. */
      const work = async () => {
        const before = writes;
        await until(() => writes > before + 30);
      };
      for (let kill = 0; kill < KILLS; kill++) {
        await work();
        await server.kill();
        const before = failed;
        await until(() => failed > before);
        server = await startServer({ data, address });
      }
      await work();
      running = false;
      await Promise.all(workers);

      expect(acknowledged.size).toBeGreaterThan(20);
      for (const failure of failures)
        expect(failure).toMatch(/^(OutcomeUnknown|Connection(Lost|Failed)|Timeout|PoolExhausted)Error$/);
      const stored = new Map<string, string>();
      for (const job of ["job0", "job1"])
        for await (const { id, data } of documents.workspace(W).job(jobId(job)).collections.notes.find())
          stored.set(id, data.text);
      const lost = [...acknowledged].filter(([id, text]) => stored.get(id) !== text);
      expect(lost).toEqual([]);

      await documents.close();
      await server.stop();
      // Neither a server's process is left nor one that watches over it.
      expect(await processes()).toBe(processesBefore);
      const left = (): string[] =>
        ["TCPSocketWrap", "Timeout"].filter((kind) => {
          const now = countOf(process.getActiveResourcesInfo());
          return (now.get(kind) ?? 0) > (resourcesBefore.get(kind) ?? 0);
        });
      await until(() => left().length === 0).catch(() => expect(left()).toEqual([]));
      rmSync(data, { recursive: true, force: true });
    },
  );
}

/** Node forgets one that has ended at the end of the loop's turn. */
async function processes(): Promise<number> {
  for (let turn = 0; turn < 2; turn++) await setImmediate();
  return countOf(process.getActiveResourcesInfo()).get("ProcessWrap") ?? 0;
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
