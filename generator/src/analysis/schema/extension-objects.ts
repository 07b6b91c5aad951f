import { quoteIdentifierIfNeeded } from "../../sql/quoting.ts";
import type { MissingName } from "./missing-name.ts";

/** What of the common extensions schemas and queries name, in lower case. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  citext: ["citext"],
  cube: ["cube"],
  h3: ["h3index"],
  hstore: ["hstore", "ghstore"],
  isn: ["isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "ean13", "upc"],
  ltree: ["ltree", "lquery", "ltxtquery", "ltree_gist"],
  postgis: [
    ...["geometry", "geography", "box2d", "box2df", "box3d", "gidx", "spheroid"],
    ...["geometry_dump", "valid_detail"],
  ],
  postgis_raster: ["raster"],
  seg: ["seg"],
  vector: ["vector", "halfvec", "sparsevec"],
};
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  fuzzystrmatch: ["levenshtein", "levenshtein_less_equal", "soundex", "metaphone", "dmetaphone"],
  pg_trgm: ["similarity", "word_similarity", "strict_word_similarity", "show_trgm", "set_limit"],
  pgcrypto: [
    ...["crypt", "digest", "gen_random_bytes", "gen_salt", "hmac"],
    ...["pgp_sym_decrypt", "pgp_sym_encrypt", "pgp_pub_decrypt", "pgp_pub_encrypt"],
  ],
  tablefunc: ["crosstab", "connectby", "normal_rand"],
  unaccent: ["unaccent"],
  "uuid-ossp": [
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v3",
    "uuid_generate_v4",
    "uuid_generate_v5",
    "uuid_nil",
  ],
};

const BY_NAME: Readonly<Record<"type" | "function", ReadonlyMap<string, string>>> = {
  type: byName(TYPES),
  function: byName(FUNCTIONS),
};

function byName(objects: typeof TYPES): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(objects).flatMap(([extension, names]) => names.map((name) => [name, extension])),
  );
}

/** Tells whether an extension may bring a type: of the common ones it is known. */
export function mayBringType(extension: string, name: string): boolean {
  const own = TYPES[extension] ?? (extension in FUNCTIONS ? [] : undefined);
  return own === undefined || own.includes(name.slice(name.lastIndexOf(".") + 1).toLowerCase());
}

/** Gives the extension that brings what is not there, or null. */
export function extensionOf({ kind, name }: MissingName): string | null {
  if (kind !== "type" && kind !== "function") return null;
  const last = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (kind === "function" && last.startsWith("st_")) return "postgis";
  return BY_NAME[kind].get(last) ?? null;
}

/** Gives what to write where nothing creates the extension that brings what is not there; null where none is known to. */
export function extensionToCreate(missing: MissingName | null): string | null {
  const extension = missing && extensionOf(missing);
  if (extension === null) return null;
  const name = quoteIdentifierIfNeeded(extension);
  return `The extension ${name} brings it: write \`create extension ${name};\` in a file that stands first under \`schema\`.`;
}
