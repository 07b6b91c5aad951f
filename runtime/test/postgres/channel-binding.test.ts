import { type AddressInfo, createServer } from "node:net";
import { loadConfig } from "../../src/config/load-config.ts";
import { ConnectionFailedError } from "../../src/errors/errors.ts";
import { createPool } from "../../src/postgres/pool.ts";
import type { PoolOptions } from "../../src/postgres/pool-options.ts";

// `channel_binding=require`: a server that does not prove to be the one of the TLS connection gets no password, nor what is made of it. One that does is in server.test.ts.

async function connects(options: PoolOptions): Promise<void> {
  const pool = createPool({ max: 1, connectTimeout: 30_000, acquireTimeout: 30_000, ...options });
  try {
    await pool.execute("select 1");
  } finally {
    await pool.close();
  }
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const authentication = (code: number, more = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from("R"), int32(8 + more.length), int32(code), more]);

test.each([
  ["asks for the password itself", authentication(3)],
  ["asks for a hash of the password", authentication(5, Buffer.from("salt"))],
  ["offers SCRAM-SHA-256 alone", authentication(10, Buffer.from("SCRAM-SHA-256\0\0"))],
  ["lets in without it", authentication(0)],
])("a server that %s gets no password", async (what, answer) => {
  let heard = Buffer.alloc(0);
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(answer);
      socket.on("data", (data) => {
        heard = Buffer.concat([heard, data]);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `postgres://app:s3cret@127.0.0.1:${port}/main?sslmode=disable&channel_binding=require`;
  try {
    for (const options of [{ connectionString: url }, loadConfig({ DATABASE_URL: url }).postgres]) {
      const refusal = connects(options);
      await expect(refusal).rejects.toThrow(ConnectionFailedError);
      await expect(refusal).rejects.toThrow(`channel binding is required, and the server ${what}`);
    }
    // And nobody asks again.
    expect(connections).toBe(2);
    expect(heard).toEqual(Buffer.alloc(0));
  } finally {
    server.close();
  }
});
