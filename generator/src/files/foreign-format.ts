/** A file that is of another program. */
export interface ForeignFormat {
  readonly what: string;
  /** Says what to do with it. */
  hint(path: string): string;
}

interface Row extends ForeignFormat {
  /** Byte by byte. */
  readonly begins: string;
  /** Where in the file that stands. */
  readonly at?: number;
}

const unpacked =
  (command: string) =>
  (path: string): string =>
    `Name the SQL in its place: \`${command} ${path} > ${besides(path)}\`.`;

/** A name for what is made of a file, which is not its own. */
const besides = (path: string): string => (path.endsWith("schema.sql") ? "made.sql" : "schema.sql");

/** What files begin with that are no text: dumps of PostgreSQL's own formats, and what dumps are packed into. */
const FORMATS: readonly Row[] = [
  { begins: "PGDMP", what: "a dump in a format of pg_dump's own, which is no SQL", hint: restored },
  { begins: "ustar\x00", at: 257, what: "an archive of tar", hint: restored },
  { begins: "ustar  \x00", at: 257, what: "an archive of tar", hint: restored },
  { begins: "\x1f\x8b", what: "compressed by gzip", hint: unpacked("gunzip -c") },
  { begins: "\x28\xb5\x2f\xfd", what: "compressed by zstd", hint: unpacked("zstd -dc") },
  { begins: "\xfd7zXZ\x00", what: "compressed by xz", hint: unpacked("xz -dc") },
  { begins: "1AY&SY", at: 4, what: "compressed by bzip2", hint: unpacked("bunzip2 -c") },
  { begins: "\x04\x22\x4d\x18", what: "compressed by lz4", hint: unpacked("lz4 -dc") },
  { begins: "PK\x03\x04", what: "an archive of zip", hint: unpacked("unzip -p") },
  {
    begins: "SQLite format 3\0",
    what: "a database of SQLite",
    hint: () => "Name files of SQL for PostgreSQL, or `pg_dump --schema-only` of a database of its.",
  },
];
const LONGEST = 265;

/** Tells which program's file it is, by how it begins; null for one that may be a text. */
export function foreignFormat(bytes: Uint8Array): ForeignFormat | null {
  const head = String.fromCharCode(...bytes.subarray(0, LONGEST));
  return FORMATS.find(({ begins, at = 0 }) => head.startsWith(begins, at)) ?? null;
}

/** Gives the command that makes SQL of a dump. */
export function restored(path: string): string {
  return `Name the SQL in its place, which \`pg_restore --schema-only --no-owner -f ${besides(path)} ${path}\` makes of it.`;
}
