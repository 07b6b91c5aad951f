import { nextTick } from "node:process";
import { ConnectionFailedError, DatabaseError, TimeoutError } from "../errors/errors.ts";
import { fromServer, isFatal, isServerError, type ServerError } from "../errors/from-server.ts";
import type { QueryConfig, QueryResult, ReadRow } from "../statement.ts";
import { nothing, type Operation, type Telemetry } from "../telemetry/telemetry.ts";
import { Pause } from "../timer.ts";
import { cancelRequest } from "./cancel-request.ts";
import { command } from "./command.ts";
import { readTag } from "./command-tag.ts";
import { DEFAULT_FETCH_BYTES } from "./cursor.ts";
import {
  type CommandComplete,
  type DriverClient,
  giveUp,
  heedTag,
  refuse,
  runsForeign,
  sayGoodbye,
} from "./driver.ts";
import { ATTEMPTS, execute, isOutdated } from "./execute.ts";
import { Interrupt } from "./interrupt.ts";
import { throwIfLasting } from "./lasting-settings.ts";
import { connectionLost, GivenUp, Loss } from "./loss.ts";
import { confirmOpenings, doubtOpenings, type Opening, sendOpenings } from "./opening.ts";
import { PreparedStatements } from "./prepared-statements.ts";
import { EndingFailed, roundTrip } from "./round-trip.ts";
import type { Scope } from "./scope.ts";
import { SessionSettings } from "./session-settings.ts";
import { endedByStatement, TransactionState } from "./transaction-state.ts";
import { ASK_AGAIN_AFTER, Turn } from "./turn.ts";
import { TurnQueue } from "./turn-queue.ts";

/** Milliseconds that cancelling may take, where nothing else is said. */
export const DEFAULT_CANCEL_TIMEOUT = 2_000;

/** A statement, and what is made of each of its rows as it comes. */
export interface Asked extends QueryConfig {
  readonly read?: ReadRow | undefined;
}

export interface ConnectionSettings {
  readonly telemetry: Telemetry;
  /** Milliseconds that cancelling may take before the connection is closed instead. */
  readonly cancelTimeout: number;
  /** Whether statements are prepared under a name and kept. */
  readonly prepare: boolean;
  /** How many; 512. */
  readonly maxPreparedStatements?: number | undefined;
  /** Bytes of rows that a stream asks for at a time; 1,048,576. */
  readonly fetchBytes?: number | undefined;
  /** Whether the server can do COPY from a client; true. */
  readonly copies?: boolean | undefined;
  /** What was reported since it connected, where somebody has listened. */
  readonly session?: SessionSettings;
}

/**
 * One connection to the server, for as long as it lasts. Its users take turns: what is asked for while another has the
 * turn waits, so that nothing is ever queued inside `pg`.
 */
export class Connection {
  readonly client: DriverClient;
  readonly telemetry: Telemetry;
  readonly cancelTimeout: number;
  readonly copies: boolean;
  readonly fetchBytes: number;
  /** None where statements are not prepared. */
  prepared: PreparedStatements | undefined;
  readonly session: SessionSettings;
  /** Whether its server is still what was asked for; one that is not is not lent again. */
  isOfKind = true;
  readonly #loss = new Loss();
  readonly #turns = new TurnQueue(this.#loss);
  readonly #transaction: TransactionState;
  #abandoned: Promise<void> | undefined;
  /** How long the server may take to close it, once it is abandoned. */
  #patience: Interrupt | undefined;
  #isExposed = false;

  /** For a client that may not have connected yet: whatever happens to it from then on is known here. */
  constructor(
    client: DriverClient,
    {
      telemetry,
      cancelTimeout,
      prepare,
      maxPreparedStatements,
      fetchBytes = DEFAULT_FETCH_BYTES,
      copies = true,
      session,
    }: ConnectionSettings,
  ) {
    this.client = client;
    this.#transaction = new TransactionState(client);
    this.telemetry = telemetry;
    this.cancelTimeout = cancelTimeout;
    this.copies = copies;
    this.fetchBytes = fetchBytes;
    this.session = session ?? new SessionSettings(client.connection);
    this.prepared = prepare ? new PreparedStatements(maxPreparedStatements) : undefined;
    // Without a listener, an error outside a statement ends the process.
    client.on("error", (error) => {
      this.#loss.set(error);
      // Not every error that comes unasked is followed by the end. Another's client is its owner's to close.
      if (client.isOurs === true) void this.abandon("it was lost");
    });
    client.on("end", () => this.#loss.set(new Error("the connection was closed")));
    // Of what is not read here.
    client.connection.on("commandComplete", ({ text }: CommandComplete) => {
      heedTag(client, text);
      this.prepared?.heed(readTag(text).command);
    });
  }

  /** Says why it can no longer be used: the socket has ended, the server said FATAL, or it was abandoned. */
  get lost(): Error | undefined {
    // Whoever has the client may have ended it, which is heard of only later.
    if (this.#loss.reason === undefined && this.client._ending)
      this.#loss.set(new Error("the client was ended"));
    return this.#loss.reason;
  }

  /** @returns what takes `reaction` back */
  onLoss(reaction: (reason: Error) => void): () => void {
    return this.#loss.on(reaction);
  }

  /**
   * Calls `reaction` when somebody waits for the turn, or may wait for it in `pg`'s own queue, and whenever another comes.
   * @returns what takes it back
   */
  onWaiting(reaction: () => void): () => void {
    const ignore = this.#turns.onWaiting(reaction);
    if (!this.#turns.isEmpty || this.#isExposed) reaction();
    return ignore;
  }

  /** Gives the client to who may use it without a turn: what is asked of it then is not seen here. */
  expose(): DriverClient {
    this.#isExposed = true;
    this.#turns.announce();
    return this.client;
  }

  /** Tells whether somebody may use it so. */
  get isExposed(): boolean {
    return this.#isExposed;
  }

  /** Nobody uses it so any more. */
  conceal(): void {
    this.#isExposed = false;
  }

  /** Waits for `work`, but no longer than until the connection is lost. @throws what `work` does, or why it was lost */
  async whileThere<T>(work: Promise<T>): Promise<T> {
    let ignore = (): void => {};
    const lost = new Promise<never>((_, reject) => {
      ignore = this.onLoss(reject);
      if (this.lost !== undefined) reject(this.lost);
    });
    try {
      return await Promise.race([work, lost]);
    } finally {
      ignore();
    }
  }

  /** Tells whether a transaction is open on it, or failed and not yet rolled back. */
  get isInTransaction(): boolean {
    return this.#transaction.isOpen;
  }

  /** Something in between loses what is prepared. For before its first user. */
  stopPreparing(): void {
    this.prepared = undefined;
  }

  /** Tells whether a statement, or COMMIT behind it, has made last what was done in the transaction. */
  get hasCommitted(): boolean {
    return this.#transaction.isCommitted;
  }

  /** Tells whether a transaction of ours is to be open, be it begun yet or not. */
  get hasTransaction(): boolean {
    return this.#transaction.isWanted;
  }

  /** Tells whether someone has the turn, or waits for it. */
  get isBusy(): boolean {
    return this.#turns.isHeld || !this.client.readyForQuery;
  }

  /**
   * Begins a transaction: `opening` goes out with the first statement, which saves a round trip, or in front of what is no
   * statement. Until it has succeeded it precedes whatever is sent, so that nothing ever runs outside the transaction.
   * Not for a connection that is busy or that others can reach: what they ask for is none of the transaction's.
   */
  begin(opening: readonly Opening[]): void {
    this.#transaction.begin(opening);
  }

  /** Gives what has yet to begin the transaction, in front of what is sent next. For who has the turn. */
  get beginning(): readonly Opening[] | undefined {
    return this.#transaction.beginning;
  }

  /**
   * Ends the transaction with COMMIT or ROLLBACK, which is not sent where nothing had begun, or a statement has ended it.
   * @param interrupt ends the wait for the turn, and a ROLLBACK; a COMMIT that was sent is not cancelled
   * @returns the command tag that the server answered with
   * @throws TransactionClosedError where there is nothing to commit any more, or what was to be rolled back may have been committed
   */
  async end(
    ending: "commit" | "rollback",
    interrupt: Interrupt,
    onSend: () => void = () => {},
  ): Promise<string> {
    let turn: Turn | undefined;
    let tag = ending.toUpperCase();
    try {
      const taken = this.#take(ending, interrupt, ending === "rollback");
      turn = taken instanceof Promise ? await taken : taken;
      const isUnbegun = this.beginning !== undefined;
      const isEnded = this.#transaction.isEndedByStatement;
      this.#transaction.end();
      if (isEnded && ending === "commit") throw endedByStatement(ending);
      const isTooLate = ending === "rollback" && this.#transaction.isCommitted;
      if (!isUnbegun && (!isEnded || this.isInTransaction)) {
        if (ending === "commit") turn.letRun();
        onSend();
        tag = await command(this.client, ending);
      }
      if (isTooLate) throw endedByStatement(ending);
      // A COMMIT that could not be is answered so, too.
      if (tag !== "ROLLBACK" && tag !== ending.toUpperCase())
        throw refuse(this.client.connection, `the server answered ${ending} with something else`);
    } catch (error) {
      return await this.#failed(turn, error, nothing);
    }
    const left = turn.leave();
    if (left !== undefined) await left;
    return tag;
  }

  /**
   * Runs the transaction's last statement, and COMMIT behind it in the same packet: where the statement fails, the server skips that.
   * @param onSend called when it is sent
   * @throws as `run`, and what COMMIT is refused with, as `end` does. The transaction is over on the server where `isInTransaction` says so
   */
  async commitAfter(config: Asked, interrupt: Interrupt, onSend: () => void): Promise<QueryResult> {
    const operation = this.telemetry.query(config.query, config.text, config.values);
    const { name } = config.query;
    const work = async (): Promise<QueryResult> => {
      await whatFollows();
      const result = await new Promise<QueryResult>((resolve, reject) =>
        this.#send(config, undefined, resolve, reject, () => {
          interrupt.throwIfFired(name);
          onSend();
        }),
      ).catch((error: unknown) => {
        if (error instanceof EndingFailed) operation.end({ rows: error.rows });
        throw error;
      });
      this.#transaction.end();
      this.session.throwIfWrongFor(result, config);
      return result;
    };
    return reported(this.#give(name, interrupt, work), operation, undefined);
  }

  /**
   * Runs one statement.
   * @param scope of a statement outside a transaction
   * @param since when it was called, where it had to wait
   * @param end called when the connection is no longer needed for it
   */
  run(
    config: Asked,
    interrupt: Interrupt,
    scope?: Scope,
    since?: number,
    end?: () => void,
  ): Promise<QueryResult> {
    const operation = this.telemetry.query(config.query, config.text, config.values, since);
    // What is reported is reported in the caller's context, which is another's by the time that the answer comes.
    return operation === nothing
      ? this.#run(config, interrupt, scope, end)
      : reported(this.#run(config, interrupt, scope), operation, end);
  }

  /** With one promise for all of it, unless another has the turn. */
  #run(
    config: Asked,
    interrupt: Interrupt,
    scope: Scope | undefined,
    end?: () => void,
  ): Promise<QueryResult> {
    if (this.#turns.isHeld || this.#isOthers) return this.#runLater(config, interrupt, scope, end);
    return new Promise((resolve) => {
      let turn: Turn | undefined;
      const fail = (error: unknown): void => {
        resolve(this.#failed(turn, error, nothing, end));
      };
      try {
        turn = this.#start(config.query.name, interrupt);
        this.#runIn(turn, config, scope, end, resolve, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  async #runLater(
    config: Asked,
    interrupt: Interrupt,
    scope: Scope | undefined,
    end: (() => void) | undefined,
  ): Promise<QueryResult> {
    let turn: Turn | undefined;
    try {
      turn = await this.#wait(config.query.name, interrupt);
      const had = turn;
      return await new Promise((resolve, reject) => this.#runIn(had, config, scope, end, resolve, reject));
    } catch (error) {
      return await this.#failed(turn, error, nothing, end);
    }
  }

  #runIn(
    turn: Turn,
    config: Asked,
    scope: Scope | undefined,
    end: (() => void) | undefined,
    resolve: (result: QueryResult | Promise<QueryResult>) => void,
    reject: (error: unknown) => void,
  ): void {
    const succeed = (result: QueryResult): void => {
      try {
        this.session.throwIfWrongFor(result, config);
      } catch (error) {
        reject(error);
        return;
      }
      this.heedEnd(config, result);
      const left = turn.leave();
      if (left === undefined) end?.();
      resolve(left === undefined ? result : left.finally(end).then(() => result));
    };
    this.#send(config, scope, succeed, reject);
  }

  /**
   * Sends a statement that nothing is to be said against: that its values would be read as something else, that a setting would outlast
   * its scope, or that its transaction has ended. For who has the turn, be it the transaction's last statement or not.
   * @param onCommit called when COMMIT goes out behind it, which it does where this is given; what it throws keeps it from being sent
   */
  #send(
    config: Asked,
    scope: Scope | undefined,
    resolve: (result: QueryResult) => void,
    reject: (error: unknown) => void,
    onCommit?: () => void,
  ): void {
    const { name, isAdHoc } = config.query;
    this.session.throwIfWrong(config);
    this.throwIfLasting(config, scope);
    if (!this.session.isDoubted || isAdHoc === true) this.#sendNow(config, scope, resolve, reject, onCommit);
    else
      this.session
        .verify(this.client, name)
        .then(() => this.#sendNow(config, scope, resolve, reject, onCommit))
        .catch(reject);
  }

  #sendNow(
    config: Asked,
    scope: Scope | undefined,
    resolve: (result: QueryResult) => void,
    reject: (error: unknown) => void,
    onCommit: (() => void) | undefined,
  ): void {
    this.session.heed(config);
    this.#enterTransaction(config.query.name);
    onCommit?.();
    execute(this, config, scope, resolve, reject, onCommit !== undefined);
  }

  /** Of what is to run in a scope. @throws SessionSettingError where it makes a setting that would outlast that */
  throwIfLasting(config: Pick<QueryConfig, "text" | "values" | "query">, scope: Scope | undefined): void {
    if (scope !== undefined || this.#transaction.isInScope) throwIfLasting(config);
  }

  /**
   * Asks for what may have been changed on it unseen; in a turn of its own.
   * @throws SessionSettingError where values would be read as something else
   */
  async verifySettings(query: string, interrupt: Interrupt): Promise<void> {
    this.session.throwIfWrong({ query: { name: query } });
    if (this.session.isDoubted)
      await this.#give(query, interrupt, (client) => this.session.verify(client, query));
  }

  /** Ends what has failed. @throws why, as an error of ours */
  async #failed(
    turn: Turn | undefined,
    error: unknown,
    operation: Operation,
    end?: () => void,
  ): Promise<never> {
    try {
      await waitedFor();
      const [cause, query] = error instanceof EndingFailed ? [error.error, "commit"] : [error];
      if (turn !== undefined && isServerError(cause)) await this.#learn(cause);
      const explained = turn === undefined ? cause : turn.explain(cause, query);
      operation.end({ error: explained });
      throw explained;
    } finally {
      const left = turn?.leave();
      if (left !== undefined) await left;
      end?.();
    }
  }

  /** Resolves once the server has answered. @param operation ends with it */
  async ping(interrupt: Interrupt, operation?: Operation): Promise<void> {
    await this.hold("ping", interrupt, (client) => command(client, ""), operation);
  }

  /** Undoes what a savepoint has done, by this text. @throws TransactionClosedError where that may have been committed */
  async undo(text: string, interrupt: Interrupt): Promise<void> {
    const work = async (client: DriverClient): Promise<void> => {
      if (this.#transaction.isCommitted) throw endedByStatement("rollback");
      await command(client, text);
    };
    await this.#give("rollback", interrupt, work, nothing, true);
  }

  /**
   * Gives `work` the connection to itself. When `interrupt` fires, what runs on the server is cancelled, and `work` gets
   * PostgreSQL's error for that. Errors of `pg` become ours, under the name of `query`.
   */
  hold<T>(
    query: string | undefined,
    interrupt: Interrupt,
    work: (client: DriverClient) => Promise<T>,
    operation?: Operation,
  ): Promise<T> {
    const begun = async (client: DriverClient): Promise<T> => {
      await this.#sendBegin(query);
      // A COPY that waits for data could no longer be cancelled.
      interrupt.throwIfFired(query);
      return work(client);
    };
    return this.#give(query, interrupt, begun, operation);
  }

  /**
   * @param operation ends with it
   * @param isImpatient whether it cancels what others run on the client, in place of waiting for it
   */
  async #give<T>(
    query: string | undefined,
    interrupt: Interrupt,
    work: (client: DriverClient) => Promise<T>,
    operation: Operation = nothing,
    isImpatient = false,
  ): Promise<T> {
    let turn: Turn | undefined;
    let result: T;
    try {
      const taken = this.#take(query, interrupt, isImpatient);
      turn = taken instanceof Promise ? await taken : taken;
      result = await work(this.client);
    } catch (error) {
      return await this.#failed(turn, error, operation);
    }
    operation.end();
    const left = turn.leave();
    if (left !== undefined) await left;
    return result;
  }

  /** The same for work that is not one function, such as a stream; whoever enters must leave. */
  async enter(query: string | undefined, interrupt: Interrupt): Promise<Turn> {
    const turn = await this.#take(query, interrupt);
    try {
      await this.#sendBegin(query);
      interrupt.throwIfFired(query);
      return turn;
    } catch (error) {
      const explained = turn.explain(error);
      await turn.leave();
      throw explained;
    }
  }

  /** Our error for one that `pg` gave; anything else as it is. */
  explain(error: unknown, query?: string): unknown {
    if (error instanceof DatabaseError) return error;
    const { lost } = this;
    if (isServerError(error)) {
      const isLast = isFatal(error) || (lost !== undefined && error.severity !== "ERROR");
      return isLast ? connectionLost(query, error) : fromServer(error, query);
    }
    if (lost === undefined) return isReadTimeout(error) ? timedOut(query, error) : error;
    return connectionLost(query, isServerError(lost) || !(error instanceof Error) ? lost : error);
  }

  /**
   * Gives it up, whatever it is doing; nothing else closes one. Who waits for it gets an error at once. What it still runs
   * on the server is cancelled, within `cancelTimeout`, for the server would notice the loss only when it writes; and then
   * it is closed, which rolls back what was open.
   * @param reason for the errors of those who wait for it, or come later
   * @returns when it is closed
   */
  abandon(reason: string, cause?: unknown): Promise<void> {
    this.#abandoned ??= this.#abandon(new GivenUp(reason, { cause }));
    return this.#abandoned;
  }

  /** Closes at once what was abandoned, without waiting for the server any longer. */
  hurry(): void {
    this.#patience?.fire("it was closed at once");
  }

  /** Resolves once the server has answered, be another's statement next or none, or the connection is lost. For turns. */
  async ready(): Promise<void> {
    if (this.#hasAnswered || this.lost !== undefined) return;
    const { connection } = this.client;
    const limit = new Interrupt({ timeout: this.cancelTimeout });
    await new Promise<void>((resolve) => {
      const ignoreLimit = limit.onFire(() => void this.abandon("the server did not become ready"));
      const done = (): void => {
        ignoreLimit();
        ignoreLoss();
        connection.off("readyForQuery", look);
        resolve();
      };
      // `pg` has heard it before, and begun what stands in its queue.
      const look = (): void => {
        if (this.#hasAnswered) done();
      };
      const ignoreLoss = this.onLoss(done);
      connection.on("readyForQuery", look);
    });
    limit.end();
  }

  get #hasAnswered(): boolean {
    return this.client.readyForQuery || runsForeign(this.client);
  }

  /** Gives the turn to the next. For turns. */
  pass(): void {
    this.#turns.pass();
  }

  async #sendBegin(query: string | undefined): Promise<void> {
    const { beginning } = this;
    if (beginning !== undefined) await this.open(beginning);
    this.#enterTransaction(query);
  }

  /** Heeds what a statement has done to the transaction. */
  heedEnd(config: Pick<QueryConfig, "text">, result: Pick<QueryResult, "command">): void {
    this.#transaction.heed(config, result);
  }

  #enterTransaction(query: string | undefined): void {
    if (this.lost === undefined && this.#transaction.isEndedByStatement) throw endedByStatement(query);
    this.#transaction.enter();
  }

  /**
   * Rolls back and begins anew, where the transaction has failed at its first statement: nothing is lost then. For who has
   * the turn, once the server is ready.
   * @returns whether it was so
   */
  async startOver(): Promise<boolean> {
    const openings = this.#transaction.firstAfter;
    if (openings === undefined || this.lost !== undefined) return false;
    if (this.client.getTransactionStatus() === "E") await command(this.client, "rollback");
    else if (this.beginning === undefined) return false;
    await this.ready();
    this.#transaction.forgetBeginning();
    await this.open(openings);
    await this.ready();
    this.#transaction.forgetBegun();
    return this.lost === undefined;
  }

  /** Sends openings by themselves. For who has the turn. */
  async open(openings: readonly Opening[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await roundTrip(this.client, (packet) => sendOpenings(packet, openings, this.prepared));
        break;
      } catch (error) {
        if (!isOutdated(error) || this.prepared === undefined || attempt > ATTEMPTS) throw error;
        doubtOpenings(openings, this.prepared);
        await this.ready();
        if (this.isInTransaction) await command(this.client, "rollback");
        this.client.hasBegun = false;
        await this.ready();
      }
    }
    confirmOpenings(openings, this.prepared);
    if (this.isInTransaction) this.#transaction.hasBegun(openings);
  }

  /** Tells whether the client, which others have too, does not take a statement at once. */
  get #isOthers(): boolean {
    return this.#isExposed && !this.client.readyForQuery;
  }

  #take(query: string | undefined, interrupt: Interrupt, isImpatient = false): Turn | Promise<Turn> {
    return this.#turns.isHeld || this.#isOthers
      ? this.#wait(query, interrupt, isImpatient)
      : this.#start(query, interrupt);
  }

  #start(query: string | undefined, interrupt: Interrupt): Turn {
    interrupt.throwIfFired(query);
    this.#throwIfLost(query);
    this.#turns.take();
    return new Turn(this, query, interrupt);
  }

  async #wait(query: string | undefined, interrupt: Interrupt, isImpatient = false): Promise<Turn> {
    interrupt.throwIfFired(query);
    this.#throwIfLost(query);
    if (this.#turns.isHeld) await this.#turns.wait(query, interrupt);
    this.#turns.take();
    try {
      while (this.#isOthers && this.lost === undefined) {
        if (isImpatient) await this.#cancelOthers(query, interrupt);
        else await this.#untilIdle(query, interrupt);
      }
      return this.#start(query, interrupt);
    } catch (error) {
      this.pass();
      throw error;
    }
  }

  /** Waits for what others have asked of the client, and for it to connect: what is sent next would stand in `pg`'s queue. */
  async #untilIdle(query: string | undefined, interrupt: Interrupt): Promise<void> {
    const { client } = this;
    if (!client._connected && !client._connecting)
      throw new ConnectionFailedError("the client was never connected: call its connect() before", { query });
    // One that could not connect has said so before anybody listened here.
    if (client.connection.stream.destroyed) this.#loss.set(new Error("the connection was closed"));
    if (this.lost !== undefined) return;
    let stop = (): void => {};
    const idle = new Promise<void>((resolve) => {
      const ignoreLoss = this.onLoss(() => resolve());
      for (const event of READY) client.on(event, resolve);
      stop = () => {
        ignoreLoss();
        for (const event of READY) client.off(event, resolve);
      };
    });
    await interrupt.race(idle, query).finally(stop);
  }

  /**
   * Cancels what others run on the client, however long it would take, and what stands behind it in `pg`'s queue as it comes.
   * @throws where such a request may yet arrive, and hit something else
   */
  async #cancelOthers(query: string | undefined, interrupt: Interrupt): Promise<void> {
    interrupt.throwIfFired(query);
    if (!runsForeign(this.client)) {
      await this.ready();
      return;
    }
    if (!(await cancelRequest(this.client, interrupt)))
      throw new Error("a request to cancel was not acknowledged");
    await new Pause(ASK_AGAIN_AFTER).over;
  }

  #throwIfLost(query: string | undefined): void {
    const { lost } = this;
    if (lost !== undefined) throw connectionLost(query, lost);
  }

  /** Tells whether the server's error is its last word. Where its severity is in another language, what follows tells. */
  async #learn(error: ServerError): Promise<void> {
    if (isFatal(error)) this.#loss.set(error);
    else if (error.severity !== "ERROR") await this.ready();
  }

  async #abandon(reason: Error): Promise<void> {
    const { client, lost } = this;
    this.#loss.set(reason);
    const { stream } = client.connection;
    const limit = new Interrupt({ timeout: this.cancelTimeout });
    this.#patience = limit;
    try {
      if (lost !== undefined || stream.destroyed) return;
      if (client.readyForQuery) {
        await sayGoodbye(client, limit);
      } else if (client.processID !== null) {
        giveUp(client, reason);
        await cancelRequest(client, limit);
        // What stood behind it at the server may have begun meanwhile. After a reset it cannot answer, and goes no further.
        reset(client);
        await cancelRequest(client, limit);
      }
    } finally {
      limit.end();
      client.connection.stream.destroy();
    }
  }
}

/** What `pg` says when a client takes a statement: the first has no other before it. */
const READY = ["connect", "drain"] as const;

/** RST where the socket can, which is heard of at the first write; else it is closed. */
function reset({ connection: { stream } }: DriverClient): void {
  try {
    stream.resetAndDestroy();
  } catch {
    stream.destroy();
  }
}

/** Of `query_timeout`, which a client of the application's may have. */
function isReadTimeout(error: unknown): error is Error {
  return error instanceof Error && error.message === "Query read timeout";
}

function timedOut(query: string | undefined, cause: Error): TimeoutError {
  return new TimeoutError("timed out", { query, cause });
}

/**
 * Resolves when all that follows from what has happened so far is done, before the process looks for more: a transaction whose work fails
 * without having waited for its last call is rolled back by then.
 */
function whatFollows(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => nextTick(resolve)));
}

/** Resolves once a promise that is resolved with what follows is waited for, so that the stack of an error leads to who does. */
async function waitedFor(): Promise<void> {
  await undefined;
}

/** The same, which ends the operation, and calls `end`. */
async function reported(
  done: Promise<QueryResult>,
  operation: Operation,
  end: (() => void) | undefined,
): Promise<QueryResult> {
  try {
    const result = await done;
    operation.end({ rows: result.rows.length });
    return result;
  } catch (error) {
    operation.end({ error });
    throw error;
  } finally {
    end?.();
  }
}
