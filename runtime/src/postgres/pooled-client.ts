import pg from "pg";
import { readAnswers } from "./answer-reader.ts";
import { requireChannelBinding } from "./channel-binding.ts";
import { type DriverClient, type DriverConnection, ownSocket } from "./driver.ts";
import { SessionSettings } from "./session-settings.ts";
import type { StartupSettings } from "./startup-settings.ts";

/** A client of `pg` that knows when it was made, and what the server has told of its session. */
export class PooledClient extends pg.Client {
  readonly createdAt = performance.now();
  readonly isOurs = true;
  readonly session: SessionSettings;
  /** The server's settings that it reports by itself, as they are now. */
  readonly parameters = new Map<string, string>();
  readonly #startup: StartupSettings;

  constructor(
    config: pg.ClientConfig & { readonly requireChannelBinding?: boolean },
    startup: StartupSettings,
  ) {
    // The time for connecting is kept by who connects, and covers more.
    super({
      ...ownSocket(),
      ...config,
      ssl: startup.tls(config.ssl),
      connectionTimeoutMillis: 0,
    } as pg.ClientConfig);
    this.#startup = startup;
    const connection = this.connection as unknown as DriverConnection;
    this.session = new SessionSettings(connection);
    readAnswers(this as unknown as DriverClient);
    if (config.requireChannelBinding === true) requireChannelBinding(connection);
    connection.on("parameterStatus", ({ parameterName, parameterValue }) => {
      this.parameters.set(parameterName, parameterValue);
    });
  }

  /** `pg`'s own, which its types do not have: the startup message. */
  getStartupConf(): Record<string, string> {
    const { getStartupConf } = pg.Client.prototype as unknown as PooledClient;
    return { ...getStartupConf.call(this), ...this.#startup.settings };
  }
}
