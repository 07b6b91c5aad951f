import pg from "pg";
import type { DriverClient } from "./driver.ts";
import { SessionSettings, type StartupSettings } from "./session-settings.ts";

/** A client of `pg`'s pool that knows when it was made, how long it may take to connect, and the settings of its session. */
export class PooledClient extends pg.Client {
  readonly createdAt = performance.now();
  readonly session: SessionSettings;
  readonly #startup: StartupSettings;

  constructor(config: pg.ClientConfig, connectTimeout: number, startup: StartupSettings) {
    // The pool hides the password from enumeration. The timeout is the client's alone: the pool would time each checkout.
    super({ ...config, password: config.password, connectionTimeoutMillis: connectTimeout });
    this.#startup = startup;
    this.session = new SessionSettings((this as unknown as DriverClient).connection);
  }

  /** `pg`'s own, which its types do not have: the startup message. */
  getStartupConf(): Record<string, string> {
    const { getStartupConf } = pg.Client.prototype as unknown as PooledClient;
    return { ...getStartupConf.call(this), ...this.#startup.settings };
  }
}
