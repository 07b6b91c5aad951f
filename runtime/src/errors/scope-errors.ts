import { DatabaseError } from "./database-error.ts";

/** What asks for the current scope is not run in one. */
export class NoScopeError extends DatabaseError {
  override readonly name = "NoScopeError";
}
