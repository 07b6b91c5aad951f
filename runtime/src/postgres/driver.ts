import type { EventEmitter } from "node:events";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import type { ConnectionOptions } from "node:tls";
import pg from "pg";
import { isBegin, isCommit } from "./command-tag.ts";
import type { Interrupt } from "./interrupt.ts";
import { ProtocolError } from "./message-check.ts";

// What we use of `pg` beyond its type declarations, all in one place.

/** A client of `pg`, as it is once connected. */
export interface DriverClient extends Omit<pg.Client, "connection"> {
  /** False from the moment a statement is sent until the server has said that it is ready for another. */
  readyForQuery: boolean;
  /** What the server's answers go to. */
  _activeQuery: Exchange | null | undefined;
  /** What was asked of it and not sent yet. */
  readonly _queryQueue: Exchange[];
  /** Whether connect() was called, and has succeeded. */
  readonly _connecting: boolean;
  readonly _connected: boolean;
  /** Whether end() was called. */
  readonly _ending: boolean;
  /** False once the connection is lost. */
  readonly _queryable: boolean;
  /** Whether it was made by us, so that no setting of `pg`'s for statements holds on it. */
  readonly isOurs?: true;
  /** Whether it ever had a statement, so that it says when it has none any more. */
  hasExecuted: boolean;
  /** Whether a command has been completed, be it ours or another's, after which what was done before it stays. */
  hasCommitted?: boolean;
  /** Whether a BEGIN has been completed since that was last unset, be its transaction still open or not. */
  hasBegun?: boolean;
  /** Null until the server has told it. */
  readonly processID: number | null;
  readonly secretKey: number;
  /** The server's settings that it reports by itself; not of a client that another pool made. */
  readonly parameters?: ReadonlyMap<string, string>;
  readonly connection: DriverConnection;
}

export interface DriverConnection extends EventEmitter {
  /** Another one once TLS has begun. */
  readonly stream: Socket;
  readonly ssl: boolean | ConnectionOptions;
  readonly sslNegotiation: string;
  /** Whether somebody listens to each message. */
  readonly _emitMessage?: boolean;
  /** Has what the socket receives parsed; called again once TLS has begun. */
  attachListeners(stream: Pick<Socket, "on">): void;
  connect(portOrPath: number | string, host?: string): void;
  /** Sends the protocol's messages of these names. */
  requestSsl(): void;
  query(text: string): void;
  cancel(processID: number | null, secretKey: number): void;
  /** Says that the client goes, and ends the socket. */
  end(): void;
  sync(): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** The parts of the protocol's answers that a Submittable of ours is handed. */
export interface DataRow {
  readonly fields: (string | null)[];
  /** Bytes that the message took. */
  readonly length: number;
}

export interface CommandComplete {
  /** The command tag, such as `INSERT 0 5`. */
  readonly text: string;
}

/** What `pg` calls as answers arrive, the whole of it. */
export interface Exchange {
  submit(connection: DriverConnection): null;
  handleRowDescription(message: { fields: readonly pg.FieldDef[] }): void;
  handleDataRow(message: DataRow): void;
  handlePortalSuspended(connection: DriverConnection): void;
  handleEmptyQuery(connection: DriverConnection): void;
  handleCommandComplete(message: CommandComplete, connection: DriverConnection): void;
  handleCopyInResponse(connection: DriverConnection): void;
  handleCopyData(message: { chunk: Buffer }, connection: DriverConnection): void;
  /** The server's error, or the connection's; only of the former will the client be ready again. */
  handleError(error: Error, connection: DriverConnection): void;
  handleReadyForQuery(connection: DriverConnection): void;
}

/** One that does nothing but refuse to be a COPY, and to be over before all of it was answered. */
export abstract class BaseExchange implements Exchange {
  abstract submit(connection: DriverConnection): null;
  abstract handleError(error: Error, connection: DriverConnection): void;
  /** Tells whether the server has answered all that was sent, so that it may be ready for more. */
  protected abstract get isAnswered(): boolean;
  /** The server is ready for more. */
  protected abstract end(connection: DriverConnection): void;

  /**
   * A server, or a pooler, that is ready before it has answered has said so once too often: what it says next answers what was
   * asked before, so that each statement would get the rows of another.
   */
  handleReadyForQuery(connection: DriverConnection): void {
    if (this.isAnswered) this.end(connection);
    else this.handleError(refuse(connection, "the server was ready before it had answered"), connection);
  }

  handleRowDescription(_: { fields: readonly pg.FieldDef[] }): void {}
  handleDataRow(_: DataRow): void {}
  handlePortalSuspended(_: DriverConnection): void {}
  handleEmptyQuery(_: DriverConnection): void {}
  handleCommandComplete(_: CommandComplete, __: DriverConnection): void {}
  handleCopyData(_: { chunk: Buffer }, __: DriverConnection): void {}
  handleCopyInResponse(connection: DriverConnection): void {
    connection.sendCopyFail("COPY needs copyRows()");
  }
}

/**
 * One that has sent its Sync with its statements. A COPY that waits for data takes no notice of it, so that another must
 * follow; where further statements stand before it, the server closes the connection.
 */
export abstract class SyncedExchange extends BaseExchange {
  override handleCopyInResponse(connection: DriverConnection): void {
    super.handleCopyInResponse(connection);
    connection.sync();
  }
}

/** Heeds what a command that was completed has done to the transaction, which the status behind it need not tell. */
export function heedTag(client: DriverClient, tag: string): void {
  if (isCommit(tag)) client.hasCommitted = true;
  else if (isBegin(tag)) client.hasBegun = true;
}

/** Gives up a connection whose server does not keep to the protocol; whoever waits for an answer hears of it. @returns why */
export function refuse(connection: DriverConnection, why: ProtocolError | string): ProtocolError {
  const error = typeof why === "string" ? new ProtocolError(why) : why;
  // At once: an error of the socket's is heard of later, when the connection may be another's.
  connection.emit("error", error);
  connection.stream.destroy();
  return error;
}

/** Of a statement that gives lines and no rows, which would be lost in silence. */
export const notRows = (): TypeError => new TypeError("COPY … TO STDOUT gives no rows: use copyTo()");

export interface Transport {
  readonly ssl: DriverConnection["ssl"];
  readonly sslNegotiation: string;
}

/** A connection that nothing has been sent on, to speak the protocol by hand. */
export const newConnection = (transport: Transport): DriverConnection =>
  new pg.Connection(transport as pg.ConnectionConfig) as unknown as DriverConnection;

/** Reads what has come: the first `length` bytes, which are another's when it returns. */
export type Read = (data: Buffer, length: number) => void;

/** What reads from the sockets that we made ourselves. */
const readers = new WeakMap<object, Read>();

/** Has what the server sends read by another, who is given what `pg` would have read it with. */
export function divertData(
  connection: DriverConnection,
  divert: (parse: (data: Buffer) => void) => Read,
): void {
  const attach = connection.attachListeners;
  connection.attachListeners = (stream) => {
    const on = (event: string, listener: (data: Buffer) => void): void => {
      if (event !== "data") {
        stream.on(event, listener);
        return;
      }
      const read = divert(listener);
      readers.set(stream, read);
      stream.on("data", (data) => read(data, data.length));
    };
    attach.call(connection, { on } as Pick<Socket, "on">);
  };
}

/**
 * The same on a connection that somebody else has made, and uses: from where a piece ends with the server's word that it is ready, so
 * that none of a message is left in `pg`'s parser. Where others read from the socket too, it stays as it is.
 */
export function divertDataLater(
  connection: DriverConnection,
  divert: (parse: (data: Buffer) => void) => Read,
): void {
  const { stream } = connection;
  const [parse, ...others] = stream.listeners("data") as ((data: Buffer) => void)[];
  if (parse === undefined || others.length > 0) return;
  let read: Read | undefined;
  let isReady = false;
  const noteReady = (): void => {
    isReady = true;
  };
  // One listener in place of the one: what takes the socket over for a while, as pg-copy-streams does, wants there to be no other.
  const take = (data: Buffer): void => {
    if (read !== undefined) {
      read(data, data.length);
      return;
    }
    parse.call(stream, data);
    const wasReady = isReady;
    isReady = false;
    if (!wasReady || data.subarray(-READY.length - 1, -1).compare(READY) !== 0) return;
    read = divert(parse.bind(stream));
    connection.off("readyForQuery", noteReady);
  };
  connection.on("readyForQuery", noteReady);
  // First, for a stream without a listener may pause.
  stream.on("data", take);
  stream.off("data", parse);
}

/** ReadyForQuery, but for the status that follows. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5]);

/** Bytes that are read at once, as many as libuv reads. */
const READ_AT_ONCE = 65_536;

/**
 * Makes the socket that `pg` would make, but one that reads into the same memory again and again, for who reads it by
 * `divertData`. Other streams make a buffer for each piece, and an event. TLS reads from the socket by itself; where there is
 * no such socket, as in Cloudflare's workers, it is left to `pg`.
 */
export function ownSocket(): { stream?: (config: { readonly ssl?: unknown }) => Socket } {
  if ((globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === "Cloudflare-Workers")
    return {};
  return { stream: ({ ssl }) => (ssl ? new Socket() : readingSocket()) };
}

function readingSocket(): Socket {
  const callback = (length: number, data: Uint8Array): boolean => {
    // Somebody has taken the socket over for a while, as pg-copy-streams does, and reads from the stream.
    if (socket.listenerCount("data") === 0) return socket.push(Buffer.from(data.subarray(0, length)));
    readers.get(socket)?.(data as Buffer, length);
    return true;
  };
  const onread: OnReadOpts = { buffer: Buffer.allocUnsafeSlow(READ_AT_ONCE), callback };
  const socket = new Socket({ onread } as SocketConstructorOpts);
  return socket;
}

export function submit(client: DriverClient, exchange: Exchange): void {
  if (client.isOurs && client.readyForQuery && client._queryable && !client._ending) {
    // As `pg` would, but for its queue, in which nothing of ours ever waits, and time-outs of its own.
    client.hasExecuted = true;
    goOn(client, exchange);
    exchange.submit(client.connection);
  } else {
    client.query(exchange as unknown as pg.Submittable);
  }
}

/** For an exchange of several statements, each with a Sync: `pg` thinks it over at an error or when the server is ready. */
export function goOn(client: DriverClient, exchange: Exchange): void {
  client._activeQuery = exchange;
  client.readyForQuery = false;
}

/** Tells whether what runs on it was not sent by us, but by who has the client too. */
export function runsForeign({ _activeQuery }: DriverClient): boolean {
  return Boolean(_activeQuery) && !(_activeQuery instanceof BaseExchange);
}

/**
 * Takes back what stands in the queue of `pg`'s client behind what others have asked of it: the server has heard nothing of it.
 * @returns whether there was any
 */
export function withdraw(client: DriverClient, reason: () => Error): boolean {
  const at = client._queryQueue.findIndex(
    (queued) => queued instanceof BaseExchange && !(queued instanceof Held),
  );
  if (at === -1) return false;
  const [exchange] = client._queryQueue.splice(at, 1);
  exchange!.handleError(reason(), UNSENT);
  return true;
}

/**
 * Keeps what others have asked of the client in `pg`'s queue: as soon as what runs is answered, `pg` would send it.
 * @returns what lets it go
 */
export function holdQueue(client: DriverClient): () => void {
  const held = new Held();
  client._queryQueue.unshift(held);
  return () => {
    const at = client._queryQueue.indexOf(held);
    if (at !== -1) client._queryQueue.splice(at, 1);
    else if (client._activeQuery === held)
      client.connection.emit("readyForQuery", { status: client.getTransactionStatus() });
  };
}

/** What an exchange that was never sent is told to end on: it has begun nothing. */
const UNSENT = { sync(): void {} } as DriverConnection;

/** What becomes of answers that nobody waits for any more. */
class Ignored extends BaseExchange {
  override submit(): null {
    return null;
  }
  override handleError(): void {}
  protected override get isAnswered(): boolean {
    return true;
  }
  protected override end(): void {}
}

/** Stands for what is not to be sent yet; nothing is. */
class Held extends Ignored {}

/** Has the exchange under way fail at once; what the server still answers is ignored. */
export function giveUp(client: DriverClient, reason: Error): void {
  const exchange = client._activeQuery;
  client._activeQuery = new Ignored();
  exchange?.handleError(reason, client.connection);
}

/** Ends a connection that nothing runs on; resolves when the server has closed it, or `limit` has fired. */
export function sayGoodbye(client: DriverClient, limit: Interrupt): Promise<void> {
  return new Promise((resolve) => {
    const ignoreLimit = limit.onFire(resolve);
    client.connection.once("end", () => {
      ignoreLimit();
      resolve();
    });
    client.end(() => {});
  });
}
