import { basename } from "../../files/paths.ts";

/** What a migration tool's files look like, as far as it decides what of them is schema. */
export interface Convention {
  readonly tool: string;
  /** The version in a file's name, where the tool stops at two files of one folder that have the same. */
  readonly version?: RegExp;
  /** The comment, alone on a line, that the part that migrates begins with. */
  readonly up?: RegExp;
  /** And that which undoes it. */
  readonly down?: RegExp;
  /** File names of what undoes another file, or is no migration at all. */
  readonly undoes?: RegExp;
  /** The marks are words that a person might write: they count between statements only, and that of undoing only below the other. */
  readonly isPlain?: true;
  /** The marks begin sentences, too: they count where the file has those of no other tool. */
  readonly isProse?: true;
}

/** In a folder for each migration, the file that migrates: Prisma's and Drizzle's, Hasura's and Diesel's. */
export const OF_MIGRATION: readonly string[] = ["migration.sql", "up.sql"];

/** A row for each tool; a fixture for each row in `generator/test/source/tools` says which types its files lead to. */
export const CONVENTIONS: readonly Convention[] = [
  {
    tool: "goose",
    version: /^(\d+)_/,
    up: /^--\s*\+goose\s+up\b/i,
    down: /^--\s*\+goose\s+down\b/i,
  },
  { tool: "sql-migrate", up: /^--\s*\+migrate\s+up\b/i, down: /^--\s*\+migrate\s+down\b/i },
  { tool: "micrate", up: /^--\s*\+micrate\s+up\b/i, down: /^--\s*\+micrate\s+down\b/i },
  { tool: "dbmate", version: /^(\d+)/, up: /^--\s*migrate:up\b/i, down: /^--\s*migrate:down\b/i },
  { tool: "tern", down: /^---- create above \/ drop below ----/i },
  { tool: "rambler", up: /^--\s*rambler\s+up\b/i, down: /^--\s*rambler\s+down\b/i },
  { tool: "MyBatis Migrations", down: /^--\s*\/\/\s*@undo\b/i },
  {
    tool: "node-pg-migrate",
    up: /^--[\s-]*up\s+migration/i,
    down: /^--[\s-]*down\s+migration/i,
    isProse: true,
  },
  { tool: "Play evolutions", up: /^(?:#|--)[\s-]*!ups\b/i, down: /^(?:#|--)[\s-]*!downs\b/i },
  { tool: "drift", up: /^--\s*drift:(?:up|migrate)\b/i, down: /^--\s*drift:(?:down|rollback)\b/i },
  // shmig's `-- ==== UP ====`, rockhopper's `-- +up`, and what people make up themselves.
  {
    tool: "node-sqlite and others",
    up: /^--\W*(?:[\w-]+:)?up\b\W*$/i,
    down: /^--\W*(?:[\w-]+:)?(?:down|undo|rollback|revert)\b\W*$/i,
    isPlain: true,
  },
  { tool: "golang-migrate", version: /^(\d+)_.*\.up\.sql$/i, undoes: /^\d+_.*\.down\.sql$/i },
  { tool: "sqlx, knex, Kysely", undoes: /\.down\.sql$/i },
  { tool: "Hasura, Diesel", undoes: /^down\.sql$/i },
  { tool: "db-migrate", undoes: /-down\.sql$/i },
  { tool: "postgrator", undoes: /^\d+\.undo\./i },
  { tool: "yoyo", undoes: /\.rollback\.sql$/i },
  {
    tool: "Flyway",
    undoes: /^(?:before|after)(?:Each)?(?:Undo|Clean|Info|Validate|Baseline|Repair)\w*(?:__.*)?\.sql$/,
  },
];

const UNDOES = CONVENTIONS.flatMap(({ undoes }) => undoes ?? []);

export interface Marker {
  readonly tool: string;
  readonly says: "up" | "down";
  readonly isPlain: boolean;
}

const COMMENT_LINE = /^[ \t]*((?:--|#)[^\r\n]*)/gm;

/** Tells which tool's a text is by its markers: that alone reads them, and what resembles another's is a comment to it. */
export function toolOf(text: string): string | null {
  for (const [, comment] of text.matchAll(COMMENT_LINE)) {
    const row = CONVENTIONS.find(({ up, down }) => up?.test(comment!) || down?.test(comment!));
    if (row !== undefined && !row.isPlain && !row.isProse) return row.tool;
  }
  return null;
}

/**
 * Gives what a comment that begins a line says of what stands below it, or null.
 * @param of the tool whose markers count, where it is known
 */
export function markerOf(comment: string, of: string | null = null): Marker | null {
  for (const { tool, up, down, isPlain = false } of CONVENTIONS) {
    if (of !== null && tool !== of) continue;
    if (down?.test(comment)) return { tool, says: "down", isPlain };
    if (up?.test(comment)) return { tool, says: "up", isPlain };
  }
  return null;
}

/** Tells whether a file undoes another. */
export function isDownMigration(fileName: string): boolean {
  return UNDOES.some((undoes) => undoes.test(fileName));
}

const FLYWAY_UNDO = /^U(\d+(?:[._]\d+)*)__/;
/** What stands for these words in the name of the file that another undoes, or checks. */
const OTHER_HALF: Readonly<Record<string, readonly string[]>> = {
  down: ["up"],
  undo: ["do", "up"],
  rollback: ["up", "deploy", "apply", "migrate", "forward"],
  revert: ["deploy", "up", "apply"],
  verify: ["deploy"],
};
const HALF = /(?<![a-z])(?:down|undo|rollback|revert|verify)(?![a-z])/i;

/**
 * Those of a project's paths that migrate. A name that says undoing counts where the file that is undone is there; `U2__x.sql`
 * without a `V2__` is refinery's, and migrates.
 */
export function withoutUndoing(all: readonly string[]): readonly string[] {
  if (!all.some((path) => HALF.test(path) || FLYWAY_UNDO.test(basename(path)))) return all;
  const there = new Set(all.map((path) => path.toLowerCase()));
  const versions = new Set(all.map((path) => /^V(\d+(?:[._]\d+)*)__/.exec(basename(path))?.[1]));
  return all.filter((path) => {
    const version = FLYWAY_UNDO.exec(basename(path))?.[1];
    if (version !== undefined) return !versions.has(version);
    const word = HALF.exec(path)?.[0];
    const halves = word === undefined ? [] : OTHER_HALF[word.toLowerCase()]!;
    return !halves.some((half) => there.has(path.toLowerCase().replace(word!.toLowerCase(), half)));
  });
}

/** A comment that nothing else than a word for undoing stands in, which no row has. */
const LIKE_A_MARKER =
  /^(?:--|#)\W*(?:[\w-]+:)?(?:(?:begin|start|section|migration|script|part|sql)\b\W*)*@?(?:down|undo|rollback|roll\s?back|revert)s?\b\W*(?:(?:migrations?|scripts?|section|part|sql|below|starts?)\b\W*)*$/i;
/** tern's own line with other spaces, which is a comment to tern. */
const LIKE_TERNS = /^--+\s*create\s+above\s*\/\s*drop\s+below\b/i;
/** A name that says the same, before or behind all else; between other words it is one of what the file is about, as in `add_rollback_token`. */
const LIKE_AN_UNDOING =
  /^(?:[VU]?\d[\d._-]*)?[._\-\s]*(?:down|undo|rollback|roll_back|revert)s?(?=[._\-\s]|$)|[._\-\s](?:down|undo|rollback|roll_back|revert)s?$|\.(?:down|undo|rollback|revert)s?\./i;

export function looksLikeMarker(comment: string): boolean {
  return LIKE_A_MARKER.test(comment.trimEnd()) || LIKE_TERNS.test(comment);
}

/** Tells whether a path's file or folder says that it undoes something, and no row knows it. */
export function looksLikeUndoing(path: string): boolean {
  return path.split("/").some((part) => LIKE_AN_UNDOING.test(part.replace(/\.sql$/i, "")));
}

/**
 * Gives the version of a migration and whose it is, for the tools that stop at two of one; null for others.
 * @param tool the one whose markers the file has
 */
export function versionOf(
  fileName: string,
  tool: string | undefined,
): { tool: string; version: string } | null {
  for (const row of CONVENTIONS) {
    // Who has marks is known by them; who has none, by names alone.
    const isRowOfFile = tool === undefined ? row.up === undefined : row.tool === tool;
    const [, version] = (isRowOfFile && row.version?.exec(fileName)) || [];
    if (version !== undefined) return { tool: row.tool, version: String(BigInt(version)) };
  }
  return null;
}
