const { createPool, createTelemetry, DatabaseError, UniqueViolationError } = require("@solitude/runtime");
const { loadConfig } = require("@solitude/runtime/config");
const client = require("@solitude/client");

test("all entries are there", async () => {
  expect(new UniqueViolationError("taken", {})).toBeInstanceOf(DatabaseError);
  expect(loadConfig({ DATABASE_URL: "postgres://a:b@host/c" }).postgres.host).toBe("host");
  expect(typeof client.getUser).toBe("function");
  expect(typeof createTelemetry().query).toBe("function");
  const pool = createPool({
    host: "127.0.0.1",
    port: 1,
    user: "nobody",
    database: "none",
    acquireTimeout: 100,
  });
  await expect(client.getUser(pool, { id: "1" })).rejects.toMatchObject({ name: "ConnectionFailedError" });
  await pool.close();
});
