import { auditLogs, BATCH, loop, newAgent, STORED } from "./workload.mjs";

/** What a client does it with, and what that adds to its name. */
const alone = (method) => [{ method, suffix: "" }];

/** The lines of the benchmark: `calls` in a turn, each by `call`, which is given the client's method and what it is asked for. */
export const LINES = {
  one: {
    title: "One row by key",
    calls: 400,
    ways: alone("one"),
    call: (one, next) => one(next.id()),
  },
  many: { title: `${STORED} rows`, calls: 20, ways: alone("many"), call: (many) => many(STORED) },
  insert: {
    title: "Insert returning",
    calls: 300,
    ways: alone("insert"),
    call: (insert, next) => insert(newAgent(next.number())),
  },
  batch: {
    title: `${BATCH} updates in a batch`,
    calls: 8,
    ways: [
      { method: "batch", suffix: "" },
      { method: "batchAtomic", suffix: ", atomic" },
    ],
    call: (batch, next) => batch(next.ids(BATCH), `Agent ${next.number()}`),
  },
  transaction: {
    title: "Transaction of three statements",
    calls: 100,
    ways: [
      { method: "transaction", suffix: "" },
      { method: "transactionLast", suffix: ", COMMIT with the last" },
    ],
    call(transaction, next) {
      const n = next.number();
      return transaction(next.id(), `Agent ${n}`, auditLogs[n % 1000]);
    },
  },
  copy: { calls: 1, ways: alone("copy"), call: (copy) => copy(auditLogs) },
  scope: { calls: 400, ways: alone("scope"), call: (scope, next) => scope(next.id()) },
};

/** @param ids of the stored agents */
export function requests(ids) {
  let n = 0;
  return { ...loop(ids), number: () => n++ };
}
