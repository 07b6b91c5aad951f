import type { Client, Connection } from "pg";

/** What `pg` gives of a connection to who copies. */
interface Copying extends Connection {
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
}

/** Sends a `COPY … FROM stdin` with its rows, as psql does. @throws what PostgreSQL says against it */
export function sendRows(client: Client, sql: string, rows: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const statement = {
      submit: (connection: Copying) => connection.query(sql),
      handleCopyInResponse: (connection: Copying) => {
        connection.sendCopyFromChunk(Buffer.from(rows));
        connection.endCopyFrom();
      },
      handleReadyForQuery: () => resolve(),
      handleError: (error: Error) => reject(error),
      handleCommandComplete() {},
      handleRowDescription() {},
      handleDataRow() {},
      handleEmptyQuery() {},
      handlePortalSuspended() {},
    };
    client.query(statement as never);
  });
}
