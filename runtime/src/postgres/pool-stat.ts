/** A pool's numbers, as pgxpool's `Stat()` has them; durations are in milliseconds. */
export interface PoolStat {
  /** Connections taken so far. */
  readonly acquireCount: number;
  /** Time that taking them took, all together. */
  readonly acquireDuration: number;
  /** Connections in use. */
  readonly acquiredConns: number;
  /** Calls that gave up waiting for a connection, by their signal or a timeout. */
  readonly canceledAcquireCount: number;
  /** Connections being opened. */
  readonly constructingConns: number;
  /** Connections taken that were not there at once. */
  readonly emptyAcquireCount: number;
  /** Time waited for those. */
  readonly emptyAcquireWaitTime: number;
  readonly idleConns: number;
  readonly maxConns: number;
  readonly totalConns: number;
  /** Connections opened so far. */
  readonly newConnsCount: number;
  readonly maxLifetimeDestroyCount: number;
  readonly maxIdleDestroyCount: number;
  /** Calls that wait for a connection. */
  readonly pendingAcquires: number;
}
