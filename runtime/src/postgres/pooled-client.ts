import pg from "pg";

/** A client of `pg`'s pool that knows when it was made, and how long it may take to connect. */
export class PooledClient extends pg.Client {
  readonly createdAt = performance.now();

  constructor(config: pg.ClientConfig, connectTimeout: number) {
    // The pool hides the password from enumeration. The timeout is the client's alone: the pool would time each checkout.
    super({ ...config, password: config.password, connectionTimeoutMillis: connectTimeout });
  }
}
