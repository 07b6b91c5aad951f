import type pg from "pg";
import type { TargetSessionAttrs } from "../config/target-session-attrs.ts";
import { aside } from "../context.ts";
import { withoutDeadline } from "../deadline.ts";
import { ConnectionFailedError } from "../errors/errors.ts";
import { connectFailure, HookFailure } from "./connect-failure.ts";
import { Connection } from "./connection.ts";
import type { DriverClient } from "./driver.ts";
import { becauseOf, Interrupt } from "./interrupt.ts";
import { watchNotices } from "./notice.ts";
import { lendTo } from "./pool-connection.ts";
import type { PoolSettings } from "./pool-options.ts";
import { PooledClient } from "./pooled-client.ts";
import { keepsPreparedStatements } from "./pooler.ts";
import { ServerHealth } from "./server-health.ts";
import { checkSession, watchSession } from "./session-attrs.ts";
import { StartupSettings } from "./startup-settings.ts";

/** One of the servers that connections may go to. */
interface Host {
  readonly config: pg.ClientConfig;
  readonly health: ServerHealth;
}

/** The wait that opening one is in, as its error says it when its time is over. */
export type OpeningWait = "could not connect" | "onConnect did not end";

type Tell = (what: OpeningWait) => void;

/** Opens connections, each ready to be lent: what must precede that has happened, and all of it within the time for connecting. */
export class Opener {
  readonly #settings: PoolSettings;
  readonly #hosts: readonly Host[];
  readonly #attrs: TargetSessionAttrs;
  readonly #startup = new StartupSettings();
  /** Whether statements that are prepared stay so, once a connection has found out. */
  #keepsPrepared: boolean | undefined;

  /** @param configs one for each server, in the order in which they are tried */
  constructor(settings: PoolSettings, configs: readonly pg.ClientConfig[], attrs: TargetSessionAttrs) {
    this.#settings = settings;
    this.#hosts = configs.map((config) => ({ config, health: new ServerHealth() }));
    this.#attrs = attrs;
  }

  /** Milliseconds until it is worth trying; 0: now. */
  get pause(): number {
    return Math.min(...this.#hosts.map(({ health }) => health.pause));
  }

  /** Tells whether no server could be reached the last time. */
  get isFailing(): boolean {
    return this.#hosts.every(({ health }) => health.isFailing);
  }

  /** Finds out anew what may have changed with the servers. */
  reset(): void {
    this.#keepsPrepared = undefined;
  }

  /**
   * Opens one to the first server that can be reached and is of the wanted kind. Those that failed last are tried last.
   * @param tell told what it waits for, where that changes
   * @throws ConnectionFailedError, or what `onConnect` throws
   */
  async open(limit: Interrupt, query?: string, tell: Tell = () => {}): Promise<Connection> {
    const kinds: readonly TargetSessionAttrs[] =
      this.#attrs === "prefer-standby" ? ["standby", "any"] : [this.#attrs];
    let failure: unknown;
    for (const kind of kinds) {
      for (const host of this.#inOrder()) {
        try {
          return await this.#openTo(host, kind, limit, query, tell);
        } catch (error) {
          failure = error;
          if (limit.fired || !(error instanceof ConnectionFailedError)) throw error;
        }
      }
    }
    throw failure;
  }

  #inOrder(): readonly Host[] {
    if (this.#hosts.length === 1) return this.#hosts;
    const isWell = ({ health }: Host): boolean => health.pause === 0;
    return [...this.#hosts.filter(isWell), ...this.#hosts.filter((host) => !isWell(host))];
  }

  /** Once more, and with less to ask for, where a pooler has refused what was asked for. */
  async #openTo(
    host: Host,
    kind: TargetSessionAttrs,
    limit: Interrupt,
    query: string | undefined,
    tell: Tell,
  ): Promise<Connection> {
    try {
      return await this.#openOnce(host, kind, limit, query, tell);
    } catch (error) {
      if (!(error instanceof ConnectionFailedError && this.#startup.yieldTo(error.cause))) throw error;
      host.health.succeeded();
      return this.#openOnce(host, kind, limit, query, tell);
    }
  }

  async #openOnce(
    { config, health }: Host,
    kind: TargetSessionAttrs,
    limit: Interrupt,
    query: string | undefined,
    tell: Tell,
  ): Promise<Connection> {
    const { onNotice, connectTimeout, telemetry, cancelTimeout, copies, prepare } = this.#settings;
    const { maxPreparedStatements, fetchBytes } = this.#settings;
    // What its socket tells is for whoever has it then.
    const client = aside(() => new PooledClient(config, this.#startup));
    const connection = new Connection(client as unknown as DriverClient, {
      telemetry,
      cancelTimeout,
      copies,
      session: client.session,
      prepare: prepare !== false,
      maxPreparedStatements,
      fetchBytes,
    });
    if (onNotice !== undefined) watchNotices(client, onNotice);
    const operation = telemetry.connect();
    const time = new Interrupt({ timeout: connectTimeout }, limit);
    let what: OpeningWait = "could not connect";
    tell(what);
    try {
      // May throw at once, as for a port that there is not.
      // Which `pg` may leave open where it could not authenticate.
      await time.race(connection.whileThere(aside(() => client.connect())));
      await time.race(this.#prepare(client, connection, kind));
      what = "onConnect did not end";
      tell(what);
      await this.#hand(connection, time);
      if (connection.lost !== undefined) throw connection.lost;
      health.succeeded();
      operation.end();
      return connection;
    } catch (failure) {
      const error = this.#failed(failure, time, query, what);
      operation.end({ error });
      void connection.abandon("it could not be opened");
      if (!(failure instanceof HookFailure) && !limit.fired) health.failed();
      throw error;
    } finally {
      time.end();
    }
  }

  #failed(
    failure: unknown,
    { fired, stalledFor }: Interrupt,
    query: string | undefined,
    what: OpeningWait,
  ): unknown {
    if (!fired) return connectFailure(failure, query);
    const { connectTimeout } = this.#settings;
    const message = `${what} within ${connectTimeout} ms${becauseOf(stalledFor)}`;
    return new ConnectionFailedError(message, { query, cause: failure, stalledFor });
  }

  /** All that comes before the application gets it. */
  async #prepare(client: PooledClient, connection: Connection, kind: TargetSessionAttrs): Promise<void> {
    const { prepare } = this.#settings;
    await this.#startup.verify(client as unknown as DriverClient);
    await checkSession(client, kind);
    watchSession(client, kind, (isWanted) => {
      connection.isOfKind = isWanted;
    });
    if (prepare === "auto") {
      this.#keepsPrepared ??= await keepsPreparedStatements(client as unknown as DriverClient);
      if (!this.#keepsPrepared) connection.stopPreparing();
    }
  }

  /** Hands it to `onConnect`, before anyone else gets it. */
  async #hand(connection: Connection, time: Interrupt): Promise<void> {
    const { onConnect } = this.#settings;
    if (onConnect === undefined) return;
    try {
      // Who has it opened may have given up meanwhile, and another gets it.
      await withoutDeadline(() => lendTo(onConnect, "onConnect", connection, time));
    } catch (error) {
      // What it threw because of the connection is no fault of its own, nor that it took too long.
      throw connection.lost === undefined && !time.fired ? new HookFailure(error) : error;
    }
    await connection.verifySettings("onConnect", time);
  }
}
