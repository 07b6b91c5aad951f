import type { batch } from "../../src/postgres/batch.ts";
import type { cancelRequest } from "../../src/postgres/cancel-request.ts";
import type { Connection } from "../../src/postgres/connection.ts";
import type { copyRows } from "../../src/postgres/copy.ts";
import type { Opener } from "../../src/postgres/opener.ts";
import type { Lease } from "../../src/postgres/queryable.ts";
import type { fetches } from "../../src/postgres/stream.ts";
import type { CopyConfig, QueryConfig } from "../../src/statement.ts";

// Whatever waits for a server takes what limits it, which cannot be left out.

declare const connection: Connection;
declare const config: QueryConfig;
declare const copy: CopyConfig<string>;
declare const calls: {
  batch: typeof batch;
  copyRows: typeof copyRows;
  fetches: typeof fetches;
  cancelRequest: typeof cancelRequest;
};
declare const opener: Opener;

// @ts-expect-error
connection.run(config);
// @ts-expect-error
connection.run(config, undefined);
// @ts-expect-error
connection.ping();
// @ts-expect-error
connection.end("commit");
// @ts-expect-error
connection.enter("Q");
// @ts-expect-error
connection.hold("Q", undefined, async () => {});
// @ts-expect-error
calls.batch(connection, [config]);
// @ts-expect-error
calls.copyRows(connection, copy);
// @ts-expect-error
calls.fetches(connection, config);
// @ts-expect-error
calls.cancelRequest(connection.client);
// @ts-expect-error
opener.open();
// @ts-expect-error
export const lease: Lease = { connection };
