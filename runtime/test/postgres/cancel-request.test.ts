import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { cancelRequest } from "../../src/postgres/cancel-request.ts";
import type { DriverClient } from "../../src/postgres/driver.ts";
import { Interrupt } from "../../src/postgres/interrupt.ts";
import { certificate, key } from "./certificate.ts";

// The request itself, against servers that do one thing each: what it sends, where to, and when it may call the request taken.

const SSL_REQUEST = "0000000804d2162f";
/** Length, code, process and key, as the protocol has it. */
const CANCEL = "0000001004d2162e0000004d0000002a";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listen(onSocket: (socket: Socket) => void, at: string | number = 0): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  servers.push(server);
  if (typeof at === "string") server.listen(at);
  else server.listen(at, "127.0.0.1");
  await once(server, "listening");
  return typeof at === "string" ? 0 : (server.address() as AddressInfo).port;
}

/** A server that remembers what comes and closes, as PostgreSQL does when it has taken the request. */
async function taking(): Promise<{ port: number; received: string[] }> {
  const received: string[] = [];
  const port = await listen((socket) => {
    socket.once("data", (data) => {
      received.push(data.toString("hex"));
      socket.end();
    });
  });
  return { port, received };
}

interface Asked {
  readonly host?: string;
  readonly port?: number;
  readonly processID?: number | null;
  readonly ssl?: unknown;
  readonly sslNegotiation?: string;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}
function client({
  host = "localhost",
  port = 1,
  processID = 77,
  ssl = false,
  sslNegotiation,
  ...stream
}: Asked) {
  const connection = { ssl, sslNegotiation, stream };
  return { host, port, processID, secretKey: 42, connection } as unknown as DriverClient;
}
const patient = new Interrupt({});

test("it goes to the address that the client is connected to, and is certain once that has closed", async () => {
  const { port, received } = await taking();
  // The name, and the port beside it, lead elsewhere by now.
  const asked = client({
    host: "no-such-host.invalid",
    port: 1,
    remoteAddress: "127.0.0.1",
    remotePort: port,
  });
  expect(await cancelRequest(asked, patient)).toBe(true);
  expect(received).toEqual([CANCEL]);
});

test("without an address of the connection it goes by the name", async () => {
  const { port, received } = await taking();
  expect(await cancelRequest(client({ host: "127.0.0.1", port }), patient)).toBe(true);
  expect(received).toEqual([CANCEL]);
});

test("a name that leads nowhere leaves it uncertain, whatever listens here", async () => {
  const { port, received } = await taking();
  expect(await cancelRequest(client({ host: "no-such-host.invalid", port }), patient)).toBe(false);
  expect(received).toEqual([]);
});

test("over a socket file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cancel-"));
  try {
    const received: string[] = [];
    await listen(
      (socket) => {
        socket.once("data", (data) => {
          received.push(data.toString("hex"));
          socket.end();
        });
      },
      join(folder, ".s.PGSQL.5432"),
    );
    expect(await cancelRequest(client({ host: folder, port: 5432 }), patient)).toBe(true);
    expect(received).toEqual([CANCEL]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a server that has given no key is not asked", async () => {
  const { port, received } = await taking();
  expect(await cancelRequest(client({ host: "127.0.0.1", port, processID: null }), patient)).toBe(true);
  expect(received).toEqual([]);
});

test("after the limit nobody is connected to", async () => {
  const { port, received } = await taking();
  const late = new Interrupt({ signal: AbortSignal.abort() });
  expect(await cancelRequest(client({ host: "127.0.0.1", port }), late)).toBe(false);
  // The server takes connections in their order.
  expect(await cancelRequest(client({ host: "127.0.0.1", port }), patient)).toBe(true);
  expect(received).toEqual([CANCEL]);
  expect(sockets).toHaveLength(1);
});

test("a limit that outlasts the request does not remember it", async () => {
  const { port } = await taking();
  const reactions: (() => void)[] = [];
  const long = {
    fired: false,
    onFire(reaction: () => void) {
      reactions.push(reaction);
      return () => reactions.splice(reactions.indexOf(reaction), 1);
    },
  } as unknown as Interrupt;
  expect(await cancelRequest(client({ host: "127.0.0.1", port }), long)).toBe(true);
  expect(reactions).toEqual([]);
});

test("a server that takes it and does not close leaves it uncertain, and the connection is closed at the limit", async () => {
  const abort = new AbortController();
  const gone = new Promise<void>((resolve, reject) => {
    listen((socket) => {
      socket.once("data", () => abort.abort());
      socket.once("close", () => resolve());
    }).then((port) =>
      cancelRequest(client({ host: "127.0.0.1", port }), new Interrupt({ signal: abort.signal })).then(
        (isCertain) => isCertain && reject(new Error("it was called certain")),
        reject,
      ),
    );
  });
  await gone;
});

test("a connection that is refused or reset leaves it uncertain", async () => {
  const port = await listen((socket) => socket.once("data", () => socket.resetAndDestroy()));
  expect(await cancelRequest(client({ host: "127.0.0.1", port }), patient)).toBe(false);
  const closed = await listen(() => {});
  await new Promise((resolve) => servers.pop()!.close(resolve));
  expect(await cancelRequest(client({ host: "127.0.0.1", port: closed }), patient)).toBe(false);
  // Nobody can connect to it: it is thrown.
  expect(await cancelRequest(client({ host: "127.0.0.1", port: 99_999 }), patient)).toBe(false);
});

describe("with TLS", () => {
  /** What is told in clear, then the name asked for and what is told in secret. */
  async function secured(isDirect: boolean) {
    const seen: { clear: string[]; names: unknown[]; secret: string[] } = {
      clear: [],
      names: [],
      secret: [],
    };
    const port = await listen((socket) => {
      const encrypt = (): void => {
        const tls = new TLSSocket(socket, {
          isServer: true,
          cert: certificate,
          key,
          ALPNProtocols: ["postgresql"],
        });
        tls.on("error", () => {});
        tls.once("secure", () => seen.names.push((tls as unknown as { servername: unknown }).servername));
        tls.once("data", (data) => {
          seen.secret.push(data.toString("hex"));
          tls.end();
        });
      };
      if (isDirect) return encrypt();
      socket.once("data", (data) => {
        seen.clear.push(data.toString("hex"));
        socket.write("S");
        encrypt();
      });
    });
    return { port, seen };
  }

  test.each([
    ["asked for first", undefined, false, [SSL_REQUEST]],
    ["at once", "direct", true, []],
  ] as const)("%s, with the name that the certificate is for", async (_, sslNegotiation, isDirect, clear) => {
    const { port, seen } = await secured(isDirect);
    const where = { host: "localhost", remoteAddress: "127.0.0.1", remotePort: port };
    const asked = client({ ...where, ssl: { ca: certificate }, ...(sslNegotiation && { sslNegotiation }) });
    expect(await cancelRequest(asked, patient)).toBe(true);
    expect(seen).toEqual({ clear, names: ["localhost"], secret: [CANCEL] });
  });

  test("an address has no name to ask for", async () => {
    const { port, seen } = await secured(false);
    expect(await cancelRequest(client({ host: "127.0.0.1", port, ssl: { ca: certificate } }), patient)).toBe(
      true,
    );
    expect(seen).toMatchObject({ names: [false], secret: [CANCEL] });
  });

  test("a certificate that nobody vouches for, or for another name, is not told of the key", async () => {
    const { port, seen } = await secured(false);
    const where = { remoteAddress: "127.0.0.1", remotePort: port };
    expect(await cancelRequest(client({ ...where, ssl: true }), patient)).toBe(false);
    const other = client({ ...where, host: "other.invalid", ssl: { ca: certificate } });
    expect(await cancelRequest(other, patient)).toBe(false);
    expect(seen.secret).toEqual([]);
  });

  test("what the application asks of TLS prevails", async () => {
    const { port, seen } = await secured(false);
    const ssl = { ca: certificate, host: "other.invalid", servername: "localhost" };
    expect(
      await cancelRequest(
        client({ host: "db.invalid", remoteAddress: "127.0.0.1", remotePort: port, ssl }),
        patient,
      ),
    ).toBe(true);
    expect(seen.names).toEqual(["localhost"]);
  });
});
