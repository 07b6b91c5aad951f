import type { SchemaFile } from "../model/source.ts";

/** What `create extension … cascade` creates first, as the extensions' control files say. */
export const REQUIRES: Readonly<Record<string, readonly string[]>> = {
  address_standardizer_data_us: ["address_standardizer"],
  earthdistance: ["cube"],
  postgis_raster: ["postgis"],
  postgis_sfcgal: ["postgis"],
  postgis_tiger_geocoder: ["postgis", "fuzzystrmatch"],
  postgis_topology: ["postgis"],
  vectorscale: ["vector"],
};

const CREATE_EXTENSION = /create\s+extension\s+(?:if\s+not\s+exists\s+)?("?)([\w-]+)\1/gi;

/** The names in `create extension` statements, and those that they require. May name too many (in a comment, say): loading one is harmless. */
export function extensionsNamed(files: readonly Pick<SchemaFile, "text">[]): string[] {
  const sql = files.map(({ text }) => text).join("\n");
  const named = [...sql.matchAll(CREATE_EXTENSION)].map((m) => m[2]!.toLowerCase());
  return [...new Set(named.flatMap((name) => [name, ...(REQUIRES[name] ?? [])]))].sort();
}
