import pg from "pg";
import { aside, inContext } from "../context.ts";
import { withoutDeadline } from "../deadline.ts";
import {
  ConnectionLostError,
  type DatabaseError,
  PoolClosedError,
  StatementError,
} from "../errors/errors.ts";
import { guarded } from "../guarded.ts";
import type { QueryOptions } from "../statement.ts";
import { after, Pause } from "../timer.ts";
import { command } from "./command.ts";
import type { Connection } from "./connection.ts";
import { withConnectionString } from "./connection-string.ts";
import { checkTime, Interrupt } from "./interrupt.ts";
import { Opener } from "./opener.ts";
import { driverOptions, poolSettings, type ServerOptions } from "./pool-options.ts";
import { whatIsUnstorable } from "./storable.ts";

export interface ListenerOptions extends ServerOptions {
  /** How long opening the connection may take; 5,000 milliseconds, as all times here. */
  readonly connectTimeout?: number | undefined;
  /** The first wait before it is tried again to connect is at most this; each further one may take twice as long; 100. */
  readonly backoff?: number | undefined;
  /** No wait is longer; 10,000. */
  readonly maxBackoff?: number | undefined;
  /** How often the connection is tried, for a silent one would tell of nothing; 30,000; 0: never. */
  readonly pingInterval?: number | undefined;
  /** How long that, or LISTEN, may take before the connection counts as lost; 5,000. */
  readonly answerTimeout?: number | undefined;
  readonly applicationName?: string | undefined;
  /** Told why the connection was lost or could not be opened. It is tried again in any case. */
  readonly onError?: ((error: DatabaseError) => void) | undefined;
}

export interface Notification {
  readonly channel: string;
  /** Empty where NOTIFY gave none. */
  readonly payload: string;
  /** The server process that notified. */
  readonly processId: number;
}

export interface ListenOptions extends QueryOptions {
  /** Called when it listens again after the connection was lost: what was notified meanwhile is missing. Look for yourself. */
  readonly onGap?: (() => void) | undefined;
}

/** `await using` ends it. */
export interface Subscription extends AsyncDisposable {
  readonly channel: string;
  /** No notification is handed out any more from the call on; resolves once the server knows. */
  close(): Promise<void>;
}

/**
 * Listens to channels, all on one connection of its own, which is opened with the first and closed with the last. It needs the
 * server itself, or a pooler by session: PgBouncer's transactions lose it.
 * @throws RangeError where an option is out of its range
 */
export function createListener(options: ListenerOptions = {}): Listener {
  return new Listener(options);
}

interface Member {
  readonly channel: string;
  readonly onNotification: (notification: Notification) => void;
  readonly onGap: () => void;
  /** Whether the server has once acknowledged LISTEN. */
  isListening: boolean;
  /** Why there can be no such channel. */
  refused?: DatabaseError;
}

interface Change {
  readonly command: "listen" | "unlisten";
  readonly channel: string;
}

/** PostgreSQL cuts longer names, and notifies under what is left. */
const LONGEST_CHANNEL = 63;

/** What createListener gives. */
export class Listener implements AsyncDisposable {
  readonly #opener: Opener;
  readonly #limits: Record<"backoff" | "maxBackoff" | "pingInterval" | "answerTimeout", number>;
  readonly #onError: (error: DatabaseError) => void;
  readonly #members = new Set<Member>();
  /** What the server has been told on this connection. */
  readonly #listening = new Set<string>();
  #connection: Connection | undefined;
  /** Of the connection that is being opened. */
  #connecting: Interrupt | undefined;
  /** Ends when every member listens, or none is left. */
  #working: Promise<void> | undefined;
  /** Those who wait for that, by what they wait for. */
  readonly #waiting = new Set<() => void>();
  #wake: (() => void) | undefined;
  #isClosed = false;

  /** Use createListener. */
  constructor(options: ListenerOptions) {
    const { connectTimeout = 5_000, backoff = 100, maxBackoff = 10_000 } = withConnectionString(options);
    const { pingInterval = 30_000, answerTimeout = 5_000, onError } = options;
    this.#limits = { backoff, maxBackoff, pingInterval, answerTimeout };
    for (const [name, value] of Object.entries({ ...this.#limits, connectTimeout })) checkTime(name, value);
    if (answerTimeout === 0) throw new RangeError("answerTimeout: 0 leaves no time for an answer");
    const { configs, targetSessionAttrs } = driverOptions(options);
    // A standby takes no LISTEN, so that among several servers it is none of those that will do.
    const attrs = targetSessionAttrs === "any" && configs.length > 1 ? "primary" : targetSessionAttrs;
    const settings = poolSettings({ connectTimeout, cancelTimeout: answerTimeout, prepare: false });
    this.#opener = new Opener(settings, configs, attrs);
    this.#onError = guarded("onError", onError);
  }

  /**
   * Calls `onNotification` for each notification on that channel, from when it resolves, and again after each loss of the
   * connection. Until there is one it is tried, for as long as `signal` and `timeout` allow.
   * @throws RangeError where there can be no such channel, StatementError where the database's encoding has not all of its name;
   * CancelledError, TimeoutError, PoolClosedError
   */
  async listen(
    channel: string,
    onNotification: (notification: Notification) => unknown,
    options: ListenOptions = {},
  ): Promise<Subscription> {
    if (typeof channel !== "string") throw new TypeError("channel: not a text");
    if (channel === "" || channel.includes("\0") || Buffer.byteLength(channel) > LONGEST_CHANNEL)
      throw new RangeError(`a channel's name is 1 to ${LONGEST_CHANNEL} bytes`);
    // Types are not relied upon: what comes would be lost without a word.
    if (typeof onNotification !== "function") throw new TypeError("onNotification: not a function");
    const reason = whatIsUnstorable(channel);
    if (reason !== undefined) throw new RangeError(`the channel's name has ${reason}`);
    if (this.#isClosed) throw closed();
    const interrupt = Interrupt.of(options);
    interrupt.throwIfFired("listen");
    const member: Member = {
      channel,
      onNotification: called("onNotification", onNotification),
      onGap: called("onGap", options.onGap),
      isListening: false,
    };
    this.#members.add(member);
    this.#work();
    try {
      await this.#until(() => member.isListening || member.refused !== undefined, interrupt);
      if (member.refused !== undefined) throw member.refused;
    } catch (error) {
      this.#members.delete(member);
      this.#work();
      throw error;
    } finally {
      interrupt.end();
    }
    const close = (): Promise<void> => this.#leave(member);
    return { channel, close, [Symbol.asyncDispose]: close };
  }

  /** Ends all subscriptions, and closes the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#members.clear();
    this.#work();
    this.#wake?.();
    this.#connecting?.fire("the listener was closed");
    for (const react of [...this.#waiting]) react();
    await this.#working;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #leave(member: Member): Promise<void> {
    this.#members.delete(member);
    this.#work();
    // The server need not be there to be told.
    await this.#until(() => !this.#listening.has(member.channel) || this.#wants(member.channel));
  }

  #wants(channel: string): boolean {
    for (const member of this.#members) if (member.channel === channel) return true;
    return false;
  }

  /** Resolves once it holds; it is asked whenever something has changed. */
  #until(holds: () => boolean, interrupt: Interrupt = Interrupt.of({})): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.delete(react);
        ignore();
      };
      const react = (): void => {
        if (!holds() && !this.#isClosed) return;
        stop();
        if (holds()) resolve();
        else reject(closed());
      };
      this.#waiting.add(react);
      const ignore = interrupt.onFire(() => {
        stop();
        reject(interrupt.error("listen"));
      });
    });
  }

  /** Has the server hear of what has changed; one at a time. */
  #work(): void {
    // Not begun before it is known to be under way: what it does first may ask for it again.
    const begin = Promise.resolve();
    this.#working ??= begin
      .then(() => aside(() => this.#settle()))
      .finally(() => {
        this.#working = undefined;
        // Something may have changed since it was last looked at.
        if (this.#isAmiss) this.#work();
      });
  }

  get #isAmiss(): boolean {
    if (this.#connection === undefined) return this.#members.size > 0;
    return (
      this.#members.size === 0 || this.#changes().length > 0 || [...this.#members].some((m) => !m.isListening)
    );
  }

  /** Gives what must be said for the server to tell of the channels that are wanted, and of no others. */
  #changes(): readonly Change[] {
    const wanted = new Set([...this.#members].map(({ channel }) => channel));
    return [
      ...[...wanted]
        .filter((channel) => !this.#listening.has(channel))
        .map((channel) => ({ command: "listen" as const, channel })),
      ...[...this.#listening]
        .filter((channel) => !wanted.has(channel))
        .map((channel) => ({ command: "unlisten" as const, channel })),
    ];
  }

  async #settle(): Promise<void> {
    for (let attempts = 0; this.#isAmiss; ) {
      try {
        if (this.#members.size === 0) await this.#disconnect();
        else await this.#tell(this.#connection ?? (await this.#connect()));
        attempts = 0;
      } catch (error) {
        if (!this.#isClosed) this.#onError(error as DatabaseError);
        if (this.#members.size > 0) await this.#pause(attempts++);
      }
    }
  }

  async #tell(connection: Connection): Promise<void> {
    const changes = this.#changes();
    if (changes.length > 0) await this.#say(connection, changes);
    for (const member of this.#members) {
      if (!this.#listening.has(member.channel)) continue;
      const isAgain = member.isListening;
      member.isListening = true;
      if (isAgain && changes.some(({ channel }) => channel === member.channel)) member.onGap();
    }
    for (const react of [...this.#waiting]) react();
  }

  /** All at once; one by one where the server cannot hold one of the names, which is none of the others' concern. */
  async #say(connection: Connection, changes: readonly Change[]): Promise<void> {
    const text = changes
      .map(({ command, channel }) => `${command} ${pg.escapeIdentifier(channel)}`)
      .join("; ");
    try {
      await this.#ask(connection, text);
    } catch (error) {
      if (!isOfName(error)) throw error;
      if (changes.length > 1) for (const change of changes) await this.#say(connection, [change]);
      else this.#refuse(changes[0]!.channel, error);
      return;
    }
    for (const { command, channel } of changes)
      if (command === "listen") this.#listening.add(channel);
      else this.#listening.delete(channel);
  }

  #refuse(channel: string, error: DatabaseError): void {
    for (const member of [...this.#members]) {
      if (member.channel !== channel) continue;
      this.#members.delete(member);
      // Who has listened already, at a server of another encoding, waits for nothing that could fail.
      if (member.isListening) this.#onError(error);
      else member.refused = error;
    }
  }

  /**
   * Has the server do what is listened to. Where it does not, the connection is closed: a new one may be to another server.
   * @throws ConnectionLostError where there is no answer, or what the server says against it
   */
  async #ask(connection: Connection, text: string): Promise<void> {
    const limit = new Interrupt({ timeout: this.#limits.answerTimeout });
    // There is no point in cancelling it.
    limit.onFire(() => void connection.abandon("it did not answer"));
    try {
      await connection.hold("listen", limit, (client) => command(client, text));
    } catch (error) {
      if (connection.lost === undefined && isOfName(error)) throw error;
      const why = connection.lost === undefined ? (error as DatabaseError) : lost(error);
      this.#lose(connection);
      void connection.abandon("it was not told to listen");
      throw why;
    } finally {
      limit.end();
    }
  }

  /** To the first server that can be reached and will do. */
  async #connect(): Promise<Connection> {
    const limit = new Interrupt({});
    this.#connecting = limit;
    let connection: Connection;
    try {
      connection = await this.#opener.open(limit, "listen");
    } finally {
      this.#connecting = undefined;
      limit.end();
    }
    connection.onLoss((reason) => {
      if (this.#lose(connection)) this.#onError(lost(reason));
    });
    connection.client.on("notification", ({ channel, payload = "", processId }) => {
      if (this.#connection !== connection) return;
      for (const member of [...this.#members])
        if (member.channel === channel) member.onNotification({ channel, payload, processId });
    });
    this.#connection = connection;
    this.#ping(connection);
    return connection;
  }

  #ping(connection: Connection): void {
    const { pingInterval } = this.#limits;
    if (pingInterval === 0) return;
    const timer = after(pingInterval, async () => {
      if (this.#connection !== connection) return;
      await this.#ask(connection, "").catch((error) => this.#onError(error));
      this.#ping(connection);
    });
    timer?.unref();
    connection.onLoss(() => clearTimeout(timer));
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#lose(connection);
    await connection.abandon("nobody listens any more");
  }

  /** @returns whether it was the one in use */
  #lose(connection: Connection): boolean {
    if (this.#connection !== connection) return false;
    this.#connection = undefined;
    this.#listening.clear();
    for (const react of [...this.#waiting]) react();
    this.#work();
    return true;
  }

  async #pause(attempts: number): Promise<void> {
    const { backoff, maxBackoff } = this.#limits;
    // A random part of it, so that not all come back at once.
    const pause = new Pause(Math.random() * Math.min(maxBackoff, backoff * 2 ** attempts));
    this.#wake = pause.wake;
    await pause.over;
    this.#wake = undefined;
  }
}

/** Tells whether it would be so at any other connection: a name with a character that the database's encoding does not have. */
function isOfName(error: unknown): error is StatementError {
  return error instanceof StatementError && error.sqlState?.startsWith("22") === true;
}

function closed(): PoolClosedError {
  return new PoolClosedError("the listener is closed");
}

function lost(cause?: unknown): ConnectionLostError {
  return new ConnectionLostError("the listener's connection was lost", { query: "listen", cause });
}

/** Gives what calls a function that a subscriber has handed in, in its context, which goes on when the call is over in which it listened. */
function called<A extends unknown[]>(
  name: string,
  call: ((...args: A) => unknown) | undefined,
): (...args: A) => void {
  return inContext(guarded(name, call && ((...args) => withoutDeadline(() => call(...args)))));
}
