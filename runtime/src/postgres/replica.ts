import { aside } from "../context.ts";
import { ConnectionFailedError } from "../errors/errors.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { Interrupt } from "./interrupt.ts";
import type { Lease } from "./queryable.ts";
import type { Scope } from "./scope.ts";
import { ServerHealth } from "./server-health.ts";

/** A replica's pool, as far as it matters here. */
export interface ReplicaPool {
  /** Takes a connection, without trying again where it could not connect; the interrupt remains the caller's. */
  takeOnce(interrupt: Interrupt, query?: string, scope?: Scope): Lease | Promise<Lease>;
  ping(options: { readonly timeout: number }): Promise<void>;
  readonly telemetry: Telemetry;
}

/** A server that has the same data, and what is remembered of it. */
export class Replica {
  readonly pool: ReplicaPool;
  readonly #health = new ServerHealth();
  readonly #connectTimeout: number;
  /** Whether it is known to be recent enough. */
  isRecent = true;
  #probe: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(pool: ReplicaPool, connectTimeout: number) {
    this.pool = pool;
    this.#connectTimeout = connectTimeout;
  }

  /** Tells whether calls may go to it. */
  get isWell(): boolean {
    return this.isRecent && !this.#health.isFailing;
  }

  /**
   * Takes a connection within `share` milliseconds.
   * @throws ConnectionFailedError also where that was not enough; then it is left out until it is found to be there
   */
  async take(interrupt: Interrupt, share: number, query?: string, scope?: Scope): Promise<Lease> {
    const patience = new Interrupt({ timeout: share }, interrupt);
    try {
      return { ...(await this.pool.takeOnce(patience, query, scope)), interrupt };
    } catch (error) {
      if (interrupt.fired) throw interrupt.error(query, error);
      if (!patience.fired && !(error instanceof ConnectionFailedError)) throw error;
      this.failed();
      if (!patience.fired) throw error;
      throw new ConnectionFailedError("the replica gave no connection in time", { query, cause: error });
    } finally {
      patience.end();
    }
  }

  /** Leaves it out, and looks in the background when it is there again, so that no call waits for it. */
  failed(): void {
    this.#health.failed();
    if (this.#isClosed || this.#probe !== undefined) return;
    this.#probe = aside(() => setTimeout(() => void this.#look(), this.#health.pause).unref());
  }

  async #look(): Promise<void> {
    try {
      await this.pool.ping({ timeout: this.#connectTimeout });
      this.#health.succeeded();
      this.#probe = undefined;
    } catch {
      this.#probe = undefined;
      this.failed();
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#probe);
  }
}
