import type { EventEmitter } from "node:events";

/** What a server says that is no error: NOTICE, WARNING, INFO … of RAISE, or of PostgreSQL itself. */
export interface Notice {
  /** `NOTICE`, `WARNING` …; in the server's language. */
  readonly severity: string;
  readonly sqlState: string;
  /** May quote values. */
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** The PL/pgSQL function and line, or the like. */
  readonly where?: string | undefined;
}

/** Has `tell` hear of what the server says on a connection. */
export function watchNotices(client: EventEmitter, tell: (notice: Notice) => void): void {
  client.on("notice", ({ severity, code, message, detail, hint, where }) => {
    tell({ severity, sqlState: code, message, detail, hint, where });
  });
}
