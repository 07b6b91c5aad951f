import { takeMemory } from "../../src/postgres/engine-memory.ts";
import { EmbeddedEngine } from "../../src/postgres/pglite.ts";

// Memory of an engine that has ended is the next one's.

interface Limits {
  readonly initial: number;
}

/** As Node's types do not have it. */
const wasm = (globalThis as unknown as { WebAssembly: { Memory: new (limits: Limits) => object } })
  .WebAssembly;

test("engines that come after one another have one memory, in which nothing is of another", async () => {
  await (await EmbeddedEngine.start()).close();
  const { Memory } = wasm;
  const made: number[] = [];
  wasm.Memory = class extends Memory {
    constructor(limits: Limits) {
      super(limits);
      made.push(limits.initial);
    }
  };
  try {
    for (let i = 0; i < 3; i++) {
      const engine = await EmbeddedEngine.start();
      await engine.run("create table only_here (a int); insert into only_here values (1)");
      expect(await engine.run("select count(*)::int as n from only_here")).toEqual([{ n: 1 }]);
      await engine.close();
    }
    // PGlite makes one that it is not to use.
    expect(made).toEqual([1, 1, 1]);
  } finally {
    wasm.Memory = Memory;
  }
});

test("engines at the same time have memory of their own", async () => {
  const engines = await Promise.all([EmbeddedEngine.start(), EmbeddedEngine.start(), EmbeddedEngine.start()]);
  for (const [i, engine] of engines.entries()) await engine.run(`create table t as select ${i} as own`);
  for (const [i, engine] of engines.entries())
    expect(await engine.run("select own from t")).toEqual([{ own: i }]);
  for (const engine of engines) await engine.close();
});

test("memory that is given back is all zeros, whatever an engine did with it", async () => {
  const engine = await EmbeddedEngine.start();
  await engine.run("create table t as select n, repeat('x', 4000) as text from generate_series(1, 3000) n");
  await engine.run(
    "set work_mem = '20MB'; select count(*) from (select text from t order by text, n offset 1) a",
  );
  await engine.close();
  const { buffer } = takeMemory();
  expect(new BigUint64Array(buffer).findIndex((word) => word !== 0n)).toBe(-1);
});
