/** What a migration tool does with the statements of a file. */
export interface TransactionMode {
  /** Whose marks the file bears, or null. */
  readonly tool: string | null;
  /**
   * `one`: all in one transaction; `none`: each on its own; `unknown`: no tool's marks are there to tell.
   * Tools that send the whole file as one query get PostgreSQL's implicit transaction around several statements.
   */
  readonly runs: "one" | "none" | "unknown";
  /** How to switch the transaction off, for hints; null where there is no way. */
  readonly switchOff: string | null;
}

interface Tool {
  readonly name: string;
  /** The first lines of a file that is run without a transaction; absent where nothing in a file says so. */
  readonly head?: string;
  readonly isUsed: (path: string, text: string) => boolean;
  /** In the text of the file: no transaction. */
  readonly off: RegExp | null;
  readonly switchOff: string | null;
  /** Sends the file as one query, so that a lone statement is in no transaction. */
  readonly implicit?: boolean;
}

const TOOLS: readonly Tool[] = [
  {
    name: "goose",
    head: "-- +goose NO TRANSACTION\n-- +goose Up",
    isUsed: (_, text) => /^--\s*\+goose\s+up\b/im.test(text),
    off: /^--\s*\+goose\s+no\s+transaction\b/im,
    switchOff: "Put `-- +goose NO TRANSACTION` at the top of the file.",
  },
  {
    name: "dbmate",
    head: "-- migrate:up transaction:false",
    isUsed: (_, text) => /^--\s*migrate:up\b/im.test(text),
    off: /^--\s*migrate:up\b.*\btransaction:\s*false\b/im,
    switchOff: "Write `-- migrate:up transaction:false`.",
  },
  {
    name: "sql-migrate",
    head: "-- +migrate Up notransaction",
    isUsed: (_, text) => /^--\s*\+migrate\s+up\b/im.test(text),
    off: /^--\s*\+migrate\s+up\b.*\bnotransaction\b/im,
    switchOff: "Write `-- +migrate Up notransaction`.",
  },
  {
    name: "tern",
    head: "---- tern: disable-tx ----",
    isUsed: (_, text) => /^---- (?:create above \/ drop below|tern:)/im.test(text),
    off: /^---- tern: disable-tx ----/im,
    switchOff: "Put `---- tern: disable-tx ----` at the top of the file.",
  },
  {
    name: "atlas",
    head: "-- atlas:txmode none\n",
    isUsed: (_, text) => /^--\s*atlas:/im.test(text),
    off: /^--\s*atlas:txmode\s+none\b/im,
    switchOff: "Put `-- atlas:txmode none` at the top of the file.",
  },
  {
    name: "Drizzle",
    isUsed: (_, text) => /^-->\s*statement-breakpoint/im.test(text),
    off: null,
    switchOff: null,
  },
  {
    name: "Prisma",
    isUsed: (path) => /(?:^|\/)\d{14}_[^/]*\/migration\.sql$/.test(path),
    off: null,
    switchOff: "Give the statement a migration of its own.",
    implicit: true,
  },
  {
    name: "golang-migrate",
    isUsed: (path) => /\.up\.sql$/i.test(path),
    off: null,
    switchOff: "Give the statement a migration of its own.",
    implicit: true,
  },
];

/** @param setting `vet.transaction` of the configuration, for tools that leave no marks */
export function transactionMode(
  path: string,
  text: string,
  statements: number,
  setting: "file" | "none" | undefined,
): TransactionMode {
  const tool = TOOLS.find(({ isUsed }) => isUsed(path, text));
  if (!tool) {
    const runs = setting === "file" ? "one" : setting === "none" ? "none" : "unknown";
    return {
      tool: null,
      runs,
      switchOff: "Give the statement a migration that runs outside of a transaction.",
    };
  }
  const { name, switchOff } = tool;
  const isOff = tool.off?.test(text) === true || (tool.implicit === true && statements < 2);
  return { tool: name, runs: isOff ? "none" : "one", switchOff };
}

/** How a file is written that the project's tool shall run without a transaction. */
export interface OutsideTransactions {
  /** Its first lines; empty where no tool leaves marks. */
  readonly head: string;
  /** Whose files cannot say so, or null. */
  readonly refusedBy: string | null;
}

/** Says how to write a file that runs outside of a transaction, by the tool whose marks the project's last migration bears. */
export function outsideTransactions(
  files: readonly { readonly path: string; readonly text: string }[],
  setting: "file" | "none" | undefined,
): OutsideTransactions {
  const tool = files
    .map(({ path, text }) => TOOLS.find(({ isUsed }) => isUsed(path, text)))
    .findLast(Boolean);
  if (tool !== undefined)
    return tool.head === undefined
      ? { head: "", refusedBy: tool.name }
      : { head: tool.head, refusedBy: null };
  return { head: "", refusedBy: setting === "file" ? "the configuration (`vet.transaction: file`)" : null };
}

/**
 * Tells whether the file is a step of a history, and not a description of the whole schema that is edited in place:
 * it is numbered, or bears a migration tool's marks.
 */
export function isMigration(path: string, text: string): boolean {
  const name = path.split("/").at(-1) ?? path;
  return /^(?:[VB]?\d|R__)/.test(name) || TOOLS.some(({ isUsed }) => isUsed(path, text));
}
