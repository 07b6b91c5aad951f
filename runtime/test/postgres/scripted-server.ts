import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { certificate, key } from "./certificate.ts";

/** Where a server stops talking: at its so-and-so-manieth message, before it, in the middle of it, or after it. */
export interface Silence {
  readonly step: number;
  readonly where: "before" | "within" | "after";
  /** Whether new connections, requests to cancel among them, get no answer either. */
  readonly isForAll?: boolean;
}

/**
 * How a server ends a connection: by the network alone, in order ("FIN") or not ("RST"), or with TLS's own goodbye, after which the
 * network's connection is closed too.
 */
export type Ending = "FIN" | "RST" | "close_notify";

/** Where a server ends a connection: at its answer to the request for TLS, at the client's first word of TLS, at a message. */
export interface Closing {
  readonly step: "TLS" | "handshake" | number;
  readonly where: "before" | "within";
  readonly how: Ending;
}

/** What a server says in place of its so-and-so-manieth message, or of each connection's first. */
export interface Disturbance {
  readonly step: number | "first";
  readonly disturb: (message: Buffer) => Buffer;
}

/**
 * A server that speaks just enough of PostgreSQL's protocol for every call of ours, from memory, and falls silent where it
 * is told to, or says something else there. A silent connection stays open.
 */
export class ScriptedServer {
  readonly #listener: Server;
  readonly #sessions = new Set<Session>();
  /** Messages sent so far. */
  steps = 0;
  silence: Silence | undefined;
  disturbance: Disturbance | undefined;
  closing: Closing | undefined;
  /** Requests to cancel that were read. */
  cancelled = 0;
  /** What is refused, and with which SQLSTATE. */
  refusal: { readonly of: RegExp; readonly code: string } | undefined;
  /** Simple queries, and statements that were executed. */
  readonly heard: string[] = [];
  /** What a request for TLS is answered with, in place of going on so. */
  tlsAnswer: Buffer | undefined;
  /** Whether it has TLS. */
  hasTls = false;
  /** What follows ReadyForQuery at once, in the same packet. */
  parting: Buffer | undefined;

  private constructor() {
    this.#listener = createServer((socket) => {
      const session = new Session(this, socket);
      this.#sessions.add(session);
      socket.on("close", () => this.#sessions.delete(session));
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await new Promise<void>((resolve) => server.#listener.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** Statements that run and do not end. */
  get sleeping(): number {
    return [...this.#sessions].filter(({ isSleeping }) => isSleeping).length;
  }

  cancel(pid: number): void {
    this.cancelled++;
    for (const session of this.#sessions) if (session.pid === pid) session.interrupt();
  }

  /** Ends the connections that there are. */
  endAll(how: Ending): void {
    for (const session of this.#sessions) session.endAs(how);
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.end();
    await new Promise((resolve) => this.#listener.close(resolve));
  }
}

const COPY_TO = /\bcopy\b.*\bto stdout\b/i;
/** As they must be. */
const SETTINGS: Readonly<Record<string, string>> = {
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  standard_conforming_strings: "on",
  extra_float_digits: "1",
  bytea_output: "hex",
  array_nulls: "on",
};
const STARTUP = 196_608;
const CANCEL = 80_877_102;
const TLS = 80_877_103;
let pids = 0;

class Session {
  readonly pid = ++pids;
  readonly #server: ScriptedServer;
  /** The network's. */
  readonly #socket: Socket;
  /** What is spoken on: with TLS another. */
  #stream: Socket;
  #isClosed = false;
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, { text: string; sent: number }>();
  #input = Buffer.alloc(0);
  #isStarted = false;
  #isSilent = false;
  /** The protocol of the COPY that is under way. */
  #copying: "simple" | "extended" | undefined;
  #isSleeping = false;
  /** Whether what comes is skipped until the next Sync. */
  #hasFailed = false;
  #status = "I";
  #output: Buffer[] = [];

  constructor(server: ScriptedServer, socket: Socket) {
    this.#server = server;
    this.#socket = socket;
    this.#stream = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", this.#read);
  }

  readonly #read = (chunk: Buffer): void => {
    this.#input = Buffer.concat([this.#input, chunk]);
    while (this.#readOne());
    this.#flush();
  };

  /** Goes on in TLS. */
  #secure(): void {
    const socket = this.#socket;
    socket.off("data", this.#read);
    if (this.#closes("handshake")) {
      socket.once("data", () => this.#close());
      return;
    }
    const stream = new TLSSocket(socket, { isServer: true, cert: certificate, key });
    stream.on("error", () => {});
    stream.on("data", this.#read);
    this.#stream = stream;
  }

  #closes(step: Closing["step"]): boolean {
    return this.#server.closing?.step === step;
  }

  #close(): void {
    const { how } = this.#server.closing!;
    // Once.
    this.#server.closing = undefined;
    this.endAs(how);
  }

  endAs(how: Ending): void {
    this.#isClosed = true;
    this.#flush(() => {
      if (how === "RST") this.#socket.resetAndDestroy();
      else if (how === "close_notify") this.#stream.end();
      else this.#socket.end();
    });
  }

  get isSleeping(): boolean {
    return this.#isSleeping;
  }

  end(): void {
    this.#socket.destroy();
  }

  /** What is running fails, as by a request to cancel. */
  interrupt(): void {
    if (!this.#isSleeping) return;
    this.#isSleeping = false;
    this.#fail("57014");
    while (this.#readOne());
    this.#flush();
  }

  #readOne(): boolean {
    if (this.#isSleeping || this.#isClosed) return false;
    const header = this.#isStarted ? 1 : 0;
    if (this.#input.length < header + 4) return false;
    const length = this.#input.readInt32BE(header);
    if (this.#input.length < header + length) return false;
    const type = String.fromCharCode(this.#input[0]!);
    const body = this.#input.subarray(header + 4, header + length);
    this.#input = this.#input.subarray(header + length);
    if (this.#isStarted) this.#answer(type, body);
    else this.#start(body);
    return true;
  }

  #start(body: Buffer): void {
    const code = body.readInt32BE(0);
    if (this.#server.silence?.isForAll && this.#server.steps > this.#server.silence.step)
      this.#isSilent = true;
    if (code === CANCEL) {
      if (this.#isSilent) return;
      this.#server.cancel(body.readInt32BE(4));
      this.#stream.end();
    }
    if (code === TLS && this.#closes("TLS")) this.#close();
    else if (code === TLS && this.#server.tlsAnswer !== undefined) this.#socket.write(this.#server.tlsAnswer);
    else if (code === TLS && this.#server.hasTls) {
      this.#socket.write("S");
      this.#secure();
    }
    if (code !== STARTUP) return;
    this.#isStarted = true;
    const { disturbance } = this.#server;
    if (disturbance?.step === "first") this.#output.push(disturbance.disturb(serverMessage("R", int32(0))));
    else this.#send("R", int32(0));
    for (const [name, value] of [
      ["server_version", "16.4"],
      ["client_encoding", "UTF8"],
      ["standard_conforming_strings", "on"],
      ["in_hot_standby", "off"],
      ["default_transaction_read_only", "off"],
      ["DateStyle", "ISO, MDY"],
      ["IntervalStyle", "postgres"],
    ])
      this.#send("S", text(name!), text(value!));
    this.#send("K", int32(this.pid), int32(7));
    this.#ready();
  }

  #answer(type: string, body: Buffer): void {
    if (this.#hasFailed && !"SXQ".includes(type)) return;
    const [first = "", second = ""] = body.toString("latin1").split("\0");
    if (type === "Q") this.#query(first);
    else if (type === "P") {
      this.#statements.set(first, second);
      this.#send("1");
    } else if (type === "B") {
      this.#portals.set(first, { text: this.#statements.get(second) ?? "", sent: 0 });
      this.#send("2");
    } else if (type === "D") this.#send("n");
    else if (type === "E") this.#execute(first, body.readInt32BE(first.length + 1));
    else if (type === "C") this.#send("3");
    else if (type === "S") {
      this.#hasFailed = false;
      this.#ready();
    } else if (type === "c") this.#endCopy(() => this.#complete("COPY 2"));
    else if (type === "f") this.#endCopy(() => this.#fail("57014"));
    else if (type === "X") this.#stream.end();
  }

  #query(all: string): void {
    this.#server.heard.push(all);
    if (this.#refuses(all)) {
      this.#hasFailed = false;
      this.#ready();
      return;
    }
    if (all === "") this.#send("I");
    for (const one of all.split(";").filter((part) => part !== "")) {
      if (COPY_TO.test(one)) this.#copyOut();
      else if (/\bcopy\b/i.test(one)) {
        this.#copying = "simple";
        this.#send("G", Buffer.from([0]), int16(0));
        return;
      }
      if (/pg_backend_pid/.test(one)) {
        this.#send(
          "T",
          int16(1),
          text("pg_backend_pid"),
          int32(0),
          int16(0),
          int32(23),
          int16(4),
          int32(-1),
          int16(0),
        );
        this.#row(String(this.pid));
      }
      if (!this.#complete(tagOf(one.trim()))) break;
    }
    if (!this.#isSleeping) this.#ready();
  }

  #execute(portal: string, limit: number): void {
    const open = this.#portals.get(portal)!;
    this.#server.heard.push(open.text);
    if (this.#refuses(open.text)) return;
    if (COPY_TO.test(open.text)) {
      this.#copyOut();
      this.#complete("COPY 2");
      return;
    }
    if (/\bcopy\b/i.test(open.text)) {
      this.#copying = "extended";
      this.#send("G", Buffer.from([0]), int16(0));
      return;
    }
    if (/sleep/.test(open.text)) {
      this.#isSleeping = true;
      return;
    }
    const asked = [...open.text.matchAll(/current_setting\('(\w+)'\)/g)];
    if (asked.length > 0) {
      const values = asked.map(([, name]) => SETTINGS[name!]!);
      const fields = values.map((value) => Buffer.concat([int32(value.length), Buffer.from(value)]));
      this.#send("D", int16(values.length), ...fields);
      this.#complete("SELECT 1");
      return;
    }
    const rows = Number(/rows (\d+)/.exec(open.text)?.[1] ?? 1);
    if (/^(select|with)/i.test(open.text)) {
      const upTo = limit === 0 ? rows : Math.min(rows, open.sent + limit);
      while (open.sent < upTo) this.#row(String(++open.sent), open.sent > 2 && open.sent < upTo);
      if (limit !== 0 && open.sent < rows) {
        this.#send("s");
        return;
      }
    }
    this.#complete(tagOf(open.text));
  }

  #refuses(text: string): boolean {
    const { refusal } = this.#server;
    if (refusal?.of.test(text) !== true) return false;
    this.#fail(refusal.code);
    return true;
  }

  #copyOut(): void {
    this.#send("H", Buffer.from([0]), int16(0));
    for (const line of ["1\n", "2\n"]) this.#send("d", Buffer.from(line));
    this.#send("c");
  }

  #endCopy(settle: () => void): void {
    const protocol = this.#copying;
    if (protocol === undefined) return;
    this.#copying = undefined;
    settle();
    // Of the extended protocol the Sync is still to come.
    if (protocol === "simple") {
      this.#hasFailed = false;
      this.#ready();
    }
  }

  #complete(tag: string): boolean {
    if (tag === "BEGIN") this.#status = "T";
    else if (tag === "COMMIT" || (tag === "ROLLBACK" && this.#status !== "I")) this.#status = "I";
    this.#send("C", text(tag));
    return true;
  }

  #fail(code: string): void {
    if (this.#status === "T") this.#status = "E";
    this.#hasFailed = true;
    this.#send("E", errorFields("ERROR", code));
  }

  /** @param isLikeOthers whether it is no step of its own, for being one of many */
  #row(value: string, isLikeOthers = false): void {
    const body = Buffer.concat([int16(1), int32(value.length), Buffer.from(value)]);
    if (!isLikeOthers) this.#send("D", body);
    else if (!this.#isSilent && !this.#isClosed)
      this.#output.push(Buffer.concat([Buffer.from("D"), int32(body.length + 4), body]));
  }

  #ready(): void {
    this.#send("Z", Buffer.from(this.#status));
    if (this.#server.parting !== undefined) this.#output.push(this.#server.parting);
  }

  #send(type: string, ...parts: Buffer[]): void {
    if (this.#isSilent || this.#isClosed) return;
    const body = Buffer.concat(parts);
    const message = Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
    const step = this.#server.steps++;
    const { silence, disturbance, closing } = this.#server;
    if (closing?.step === step) {
      if (closing.where === "within") this.#output.push(message.subarray(0, message.length / 2));
      this.#close();
      return;
    }
    if (silence?.step !== step) {
      this.#output.push(disturbance?.step === step ? disturbance.disturb(message) : message);
      return;
    }
    this.#isSilent = true;
    if (silence.where === "within") this.#output.push(message.subarray(0, message.length / 2));
    if (silence.where === "after") this.#output.push(message);
  }

  #flush(then?: () => void): void {
    if (this.#output.length > 0 || then !== undefined) this.#stream.write(Buffer.concat(this.#output), then);
    this.#output = [];
  }
}

function tagOf(statement: string): string {
  const [word = "", ...others] = statement.trim().split(/\s+/);
  const command = word.toUpperCase();
  if (command === "SELECT") return "SELECT 1";
  if (command === "ROLLBACK" && others.length > 0) return "SAVEPOINT ROLLBACK";
  return command;
}

const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

const errorFields = (severity: string, code: string, word = severity): Buffer =>
  Buffer.from(`S${word}\0V${severity}\0C${code}\0Mscripted\0\0`);

/** Any message of a server's. */
export function serverMessage(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

/** An ErrorResponse. @param word what the severity is called in the server's language */
export function errorResponse(severity: string, code: string, word = severity): Buffer {
  const body = errorFields(severity, code, word);
  return Buffer.concat([Buffer.from("E"), int32(body.length + 4), body]);
}
