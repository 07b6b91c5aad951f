const assert = require("node:assert/strict");

/** What an application does with the runtime, on the PostgreSQL that `DATABASE` names; run by every JavaScript runtime. */
module.exports = async (runtime) => {
  const { createPool, createListener, createHealth, postgresCheck, rawText, UniqueViolationError } = runtime;
  const info = (name, operation) => ({ name, command: ":many", operation, relations: [] });
  const statement = (name, text, values = []) => ({
    text,
    values,
    rowMode: "array",
    types: rawText,
    query: info(name, text.split(" ")[0].toUpperCase()),
  });
  const pool = createPool({ connectionString: process.env.DATABASE, max: 2 });
  try {
    await pool.execute("create table things (id int primary key, label text)");
    await pool.transaction(async (tx) => {
      await tx.query(statement("Add", "insert into things values ($1, $2)", ["1", "one"]));
    });
    const rows = (async function* () {
      yield [2, "two"];
      yield [3, "three"];
    })();
    const encode = (row) => row.map(String);
    const target = { schema: "public", table: "things", columns: ["id", "label"] };
    assert.equal(await pool.copyRows({ ...target, rows, encode, query: info("Copy", "COPY") }), 2);
    const all = statement("List", "select id, label from things order by id");
    const streamed = [];
    for await (const row of pool.stream(all)) streamed.push(row);
    assert.deepEqual(streamed, [
      ["1", "one"],
      ["2", "two"],
      ["3", "three"],
    ]);
    const [first, second] = await pool.batch([all, statement("Add", "insert into things values (1, null)")]);
    assert.equal(first.value.rows.length, 3);
    assert(second.reason instanceof UniqueViolationError);
    const slow = statement("Sleep", "select pg_sleep(60)");
    await assert.rejects(pool.query({ ...slow, timeout: 50 }), { name: "TimeoutError" });
    let lines = "";
    for await (const piece of pool.copyTo("copy things to stdout")) lines += piece;
    assert.equal(lines, "1\tone\n2\ttwo\n3\tthree\n");
    const inScope = await pool
      .scope({ "app.id": "7" })
      .query(statement("Id", "select current_setting('app.id')"));
    assert.deepEqual(inScope.rows, [["7"]]);
    const lock = await pool.lock("things");
    assert.equal(await pool.tryLock("things"), null);
    await lock.release();
    await listens(createListener, pool);
    const check = postgresCheck({ connectionString: process.env.DATABASE, writable: true });
    const health = createHealth({ checks: [check], timeout: 60_000 });
    assert.equal((await health.check()).state, "ready");
    await health.close();
    await pool.execute("drop table things");
  } finally {
    await pool.close();
  }
  console.log("done");
};

async function listens(createListener, pool) {
  const listener = createListener({ connectionString: process.env.DATABASE });
  const heard = new Promise((resolve) => {
    void listener
      .listen("things", ({ payload }) => resolve(payload))
      .then(() => pool.execute("select pg_notify('things', 'more')"));
  });
  assert.equal(await heard, "more");
  await listener.close();
}
