import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { type Document, EJSON, Long } from "bson";
import { CommandError, Store } from "./store.ts";
import { createReader, type Request } from "./wire.ts";

/** What no real server does on request. */
export type Fault =
  /** Nothing is done, and the connection is cut. */
  | { readonly drop: "before" }
  /**
   * It is done, and the connection is cut before the reply, or in the middle of it; `forgets`: so is that it was done, as by a
   * server that was killed and had it in memory alone.
   */
  | { readonly drop: "after" | "mid-reply"; readonly forgets?: boolean }
  /** It is done, and answered so many milliseconds late. */
  | { readonly delay: number }
  /** Nothing is done, and it is answered with this. */
  | {
      readonly error: {
        readonly code: number;
        readonly labels?: readonly string[];
        readonly errInfo?: Document;
      };
    }
  /** As an error of the first write of the command. */
  | { readonly writeError: { readonly code: number; readonly errInfo?: Document } }
  /** It is done, but no majority has confirmed it. */
  | { readonly writeConcernError: { readonly code: number; readonly labels?: readonly string[] } };

/** By a command's name and how often it has come; undefined lets it pass. */
export type Script = (command: string, times: number, request: Document) => Fault | undefined;

export interface ScriptedServer {
  readonly url: string;
  readonly store: Store;
  /** Commands in the order in which they came, without the handshake and pings of the driver's monitor. */
  readonly seen: readonly { readonly name: string; readonly command: Document }[];
  /** Connections that are open now. */
  readonly open: number;
  /** From now on; the counts begin anew, and what the last script delayed is answered. */
  script(script: Script): void;
  stop(): Promise<void>;
}

/**
 * Speaks MongoDB's protocol from memory, as the primary of a replica set, and misbehaves as it is told. A fault injector:
 * it is no evidence that anything works with MongoDB.
 */
export async function startScriptedServer(listenOn = 0): Promise<ScriptedServer> {
  const store = new Store();
  const sockets = new Set<Socket>();
  const seen: { name: string; command: Document }[] = [];
  let counts = new Map<string, number>();
  let script: Script = () => undefined;
  const done = new Map<string, Document>();

  let delaying = new AbortController();
  const pause = (ms: number) => setTimeout(ms, undefined, { signal: delaying.signal }).catch(() => {});

  const answer = async (socket: Socket, { command, encode }: Request): Promise<void> => {
    const [name = ""] = Object.keys(command);
    if (/^(hello|isMaster|ismaster)$/.test(name)) {
      socket.write(encode(hello((server.address() as AddressInfo).port)));
      return;
    }
    seen.push({ name, command });
    const times = (counts.get(name) ?? 0) + 1;
    counts.set(name, times);
    const fault: Partial<Record<string, unknown>> = script(name, times, command) ?? {};
    if (fault.drop === "before") return void socket.destroy();
    // A write that is tried again is known by its number, and not done again.
    const key = retryKey(command);
    const reply = (key === undefined ? undefined : done.get(key)) ?? perform(store, command, fault);
    if (key !== undefined && fault.error === undefined && fault.forgets !== true) done.set(key, reply);
    if (typeof fault.delay === "number") await pause(fault.delay);
    // An awaited getMore of a change stream that has nothing to tell.
    if (name === "getMore" && reply.cursor?.nextBatch?.length === 0) await pause(20);
    if (socket.destroyed || fault.drop === "after") return void socket.destroy();
    const bytes = encode(reply);
    if (fault.drop !== "mid-reply") return void socket.write(bytes);
    socket.write(bytes.subarray(0, bytes.length / 2), () => socket.destroy());
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.on(
      "data",
      createReader((request) => void answer(socket, request)),
    );
  });
  server.listen(listenOn, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `mongodb://127.0.0.1:${port}/?directConnection=true&heartbeatFrequencyMS=500`,
    store,
    seen,
    get open() {
      return sockets.size;
    },
    script(next) {
      script = next;
      counts = new Map();
      seen.length = 0;
      delaying.abort();
      delaying = new AbortController();
    },
    async stop() {
      delaying.abort();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function retryKey({ lsid, txnNumber, autocommit }: Document): string | undefined {
  if (txnNumber === undefined || autocommit !== undefined) return undefined;
  return EJSON.stringify([lsid, txnNumber]);
}

function perform(store: Store, command: Document, fault: Partial<Record<string, unknown>>): Document {
  const error = fault.error as { code: number; labels?: string[]; errInfo?: Document } | undefined;
  if (error !== undefined) {
    const { code, labels = [], ...more } = error;
    return new CommandError(code, `scripted error ${code}: secret`, { errorLabels: labels, ...more }).reply;
  }
  if (fault.writeError !== undefined)
    return { ok: 1, n: 0, writeErrors: [{ index: 0, errmsg: "scripted: secret", ...fault.writeError }] };
  const concern = fault.writeConcernError as { code: number; labels?: string[] } | undefined;
  try {
    const reply = store.run(command);
    if (concern === undefined) return reply;
    const { code, labels = [] } = concern;
    return { ...reply, writeConcernError: { code, errmsg: "scripted" }, errorLabels: labels };
  } catch (failure) {
    if (failure instanceof CommandError) return failure.reply;
    return new CommandError(1, String(failure)).reply;
  }
}

function hello(port: number): Document {
  const me = `127.0.0.1:${port}`;
  return {
    ok: 1,
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    setName: "scripted",
    setVersion: 1,
    hosts: [me],
    primary: me,
    me,
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 21,
    localTime: new Date(),
    connectionId: Long.ONE,
    readOnly: false,
  };
}
