/** What the facade's object has beside the queries, in a transaction or outside; no file of queries, and no scope, is named so. */
export const FACADE_MEMBERS: readonly string[] = [
  "client",
  "health",
  "replica",
  "transaction",
  "begin",
  "commit",
  "rollback",
  "last",
  "shutdown",
  "then",
];
