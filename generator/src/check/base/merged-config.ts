import type { Config, QuerySetConfig } from "../../config/config.ts";
import * as paths from "../../files/paths.ts";

/** A configuration, and the folder that its paths are relative to, seen from the repository's. */
export interface PlacedConfig {
  readonly config: Config;
  readonly folder: string;
}

/** Makes one configuration of several, as seen from a folder: their entries one after the other, and all else as the first has it. */
export function mergeConfigs(placed: readonly [PlacedConfig, ...PlacedConfig[]], folder: string): Config {
  const querySets = placed.flatMap((one) =>
    one.config.querySets.map((set) => seenFrom(set, (path) => pathSeenFrom(folder, one.folder, path))),
  );
  return { ...placed[0].config, querySets: querySets.map((set, index) => ({ ...set, index })) };
}

const pathSeenFrom = (folder: string, from: string, path: string): string =>
  /^(?:[/\\]|[A-Za-z]:)/.test(path) ? path : paths.relative(folder, paths.join(from, path));

/** Gives an entry with its paths as they are seen from another folder. */
function seenFrom(set: QuerySetConfig, seen: (path: string) => string): QuerySetConfig {
  const placed = <T extends { readonly out: string }>(one: T): T => ({ ...one, out: seen(one.out) });
  return {
    ...set,
    schema: set.schema.map(seen),
    queries: set.queries.map(seen),
    typescript: set.typescript && placed(set.typescript),
    plugins: set.plugins.map(placed),
    json: set.json && placed(set.json),
  };
}
