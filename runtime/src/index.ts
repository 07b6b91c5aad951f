export { TransactionRolledBackError, transaction } from "./transaction.ts";
