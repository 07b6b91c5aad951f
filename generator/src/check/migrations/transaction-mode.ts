import { basename } from "../../files/paths.ts";
import { OF_MIGRATION } from "../../source/conventions/tools.ts";

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

/** A migration tool, as far as its transactions go. */
interface Tool {
  readonly name: string;
  /** The first lines of a file that is run without a transaction; absent where nothing in a file says so. */
  readonly head?: string;
  /** What is in the text of its files, in some of them at least. */
  readonly marks?: RegExp;
  /** What its files are called, which others' may be, too. */
  readonly paths?: RegExp;
  /** In the text of the file: no transaction. */
  readonly off: RegExp | null;
  readonly switchOff: string | null;
  /** Sends the file as one query, so that a lone statement is in no transaction. */
  readonly implicit?: boolean;
}

const NO_FOLDERS: FolderTools = new Map();

const TOOLS: readonly Tool[] = [
  {
    name: "goose",
    head: "-- +goose NO TRANSACTION\n-- +goose Up",
    marks: /^--\s*\+goose\s+up\b/im,
    off: /^--\s*\+goose\s+no\s+transaction\b/im,
    switchOff: "Put `-- +goose NO TRANSACTION` at the top of the file.",
  },
  {
    name: "dbmate",
    head: "-- migrate:up transaction:false",
    marks: /^--\s*migrate:up\b/im,
    off: /^--\s*migrate:up\b.*\btransaction:\s*false\b/im,
    switchOff: "Write `-- migrate:up transaction:false`.",
  },
  {
    name: "sql-migrate",
    head: "-- +migrate Up notransaction",
    marks: /^--\s*\+migrate\s+up\b/im,
    off: /^--\s*\+migrate\s+up\b.*\bnotransaction\b/im,
    switchOff: "Write `-- +migrate Up notransaction`.",
  },
  {
    name: "tern",
    head: "---- tern: disable-tx ----",
    marks: /^---- (?:create above \/ drop below|tern:)/im,
    off: /^---- tern: disable-tx ----/im,
    switchOff: "Put `---- tern: disable-tx ----` at the top of the file.",
  },
  {
    name: "atlas",
    head: "-- atlas:txmode none\n",
    marks: /^--\s*atlas:/im,
    off: /^--\s*atlas:txmode\s+none\b/im,
    switchOff: "Put `-- atlas:txmode none` at the top of the file.",
  },
  {
    name: "Drizzle",
    marks: /^-->\s*statement-breakpoint/im,
    off: null,
    switchOff: null,
  },
  {
    name: "Prisma",
    paths: /(?:^|\/)\d{14}_[^/]*\/migration\.sql$/,
    off: null,
    switchOff: "Give the statement a migration of its own.",
    implicit: true,
  },
  {
    name: "golang-migrate",
    paths: /\.up\.sql$/i,
    off: null,
    switchOff: "Give the statement a migration of its own.",
    implicit: true,
  },
];

interface File {
  readonly path: string;
  readonly text: string;
}

/** The tools whose marks some file of a folder bears, by folder. */
export type FolderTools = ReadonlyMap<string, Tool>;

/** Reads which tool runs a folder: a file of one statement need not bear the marks that others have. */
export function toolsByFolder(files: readonly File[]): FolderTools {
  const found = new Map<string, Tool | null>();
  for (const { path, text } of files) {
    const tool = TOOLS.find(({ marks }) => marks?.test(text));
    if (tool === undefined) continue;
    const folder = folderOf(path);
    const known = found.get(folder);
    found.set(folder, known === undefined || known === tool ? tool : null);
  }
  return new Map([...found].flatMap(([folder, tool]) => (tool === null ? [] : [[folder, tool] as const])));
}

/** The folder that holds the migrations; some tools give each a folder of its own in it. */
function folderOf(path: string): string {
  const parts = path.split("/").slice(0, -1);
  return (OF_MIGRATION.includes(basename(path)) ? parts.slice(0, -1) : parts).join("/");
}

function toolOf({ path, text }: File, folders: FolderTools): Tool | undefined {
  return (
    TOOLS.find(({ marks }) => marks?.test(text)) ??
    folders.get(folderOf(path)) ??
    TOOLS.find(({ paths }) => paths?.test(path))
  );
}

/**
 * @param setting `vet.transaction` of the configuration, for tools that leave no marks
 * @param folders what runs the folders that the file may be in
 */
export function transactionMode(
  file: File,
  statements: number,
  setting: "file" | "none" | undefined,
  folders: FolderTools,
): TransactionMode {
  const { text } = file;
  const tool = toolOf(file, folders);
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
  files: readonly File[],
  setting: "file" | "none" | undefined,
): OutsideTransactions {
  const folders = toolsByFolder(files);
  const tool = files.map((file) => toolOf(file, folders)).findLast(Boolean);
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
  return /^(?:[VB]?\d|R__)/.test(name) || toolOf({ path, text }, NO_FOLDERS) !== undefined;
}
