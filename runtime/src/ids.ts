// Known by their names: what ES modules and CommonJS declare is two files, and must be one type.

/** A workspace's id that has been checked; PostgreSQL's `workspaces.id` as text. */
export type WorkspaceId = string & { readonly "~key": "WorkspaceId" };

/** A job's id that has been checked; PostgreSQL's `jobs.id` as text. */
export type JobId = string & { readonly "~key": "JobId" };

/** An id may hold no separator of any name that is made from it; lower case, for MongoDB takes `A` and `a` for one database. */
const ID = /^[a-z0-9][a-z0-9_-]{0,47}$/;

/** Text that is no id. The message does not quote it. */
export class InvalidIdError extends TypeError {
  override readonly name = "InvalidIdError";
}

/** @throws {InvalidIdError} where it is not 1 to 48 of `a-z 0-9 _ -`, the first a letter or digit; every UUID is */
export function workspaceId(text: string): WorkspaceId {
  return checked("workspace", text) as WorkspaceId;
}

/** @throws {InvalidIdError} where it is not 1 to 48 of `a-z 0-9 _ -`, the first a letter or digit; every UUID is */
export function jobId(text: string): JobId {
  return checked("job", text) as JobId;
}

export function isId(text: unknown): text is string {
  return typeof text === "string" && ID.test(text);
}

function checked(what: string, text: string): string {
  if (isId(text)) return text;
  throw new InvalidIdError(
    `a ${what}'s id is 1 to 48 of the characters a-z, 0-9, _ and -, the first a letter or digit`,
  );
}
