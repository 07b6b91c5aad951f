/** One thing that the application depends on. */
export interface HealthCheck {
  /** What reports call it. */
  readonly name: string;
  /** Whether the application is not ready without it; true. */
  readonly critical?: boolean | undefined;
  /** Milliseconds after which it has failed; the health object's, unless given. */
  readonly timeout?: number | undefined;
  /**
   * Resolves when all is well, rejects when it is not. Must settle soon after `signal` aborts: until then no other one is
   * begun, and it counts as failed.
   */
  check(signal: AbortSignal): Promise<unknown>;
  /** Gives back what the check keeps for itself. */
  close?(): void | Promise<void>;
}

/**
 * Why a check failed, in as much as everyone may know:
 * - `timeout`: there was no answer in time
 * - `stalled`: nor was there a chance of one, since the process itself was at work for most of that time
 * - `unreachable`: there is no connection to be had
 * - `refused`: the server does not let us in (credentials, database, too many connections, starting or shutting down)
 * - `read-only`: it takes no writes, as a standby after a failover
 * - `failed`: anything else
 */
export type FailureReason = "timeout" | "stalled" | "unreachable" | "refused" | "read-only" | "failed";

/** For checks that know the reason. */
export class HealthCheckError extends Error {
  override readonly name = "HealthCheckError";
  readonly reason: FailureReason;

  constructor(reason: FailureReason, options?: ErrorOptions) {
    super(`health check: ${reason}`, options);
    this.reason = reason;
  }
}
