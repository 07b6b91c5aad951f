import { basename, dirname } from "../files/paths.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { versionOf } from "./conventions/tools.ts";
import { flywayVersionOf } from "./file-order.ts";

/**
 * Says of two migrations of one version, at which their tool stops.
 * @param toolOf whose markers a file has
 */
export function sameVersions(
  paths: readonly string[],
  toolOf: (path: string) => string | undefined,
): Diagnostic[] {
  const first = new Map<string, string>();
  return paths.flatMap((path) => {
    const own = numbered(path, toolOf(path));
    const earlier = own === null ? undefined : first.get(own.key);
    if (own !== null && earlier === undefined) first.set(own.key, path);
    return own === null || earlier === undefined
      ? []
      : [
          {
            code: "schema-version-twice",
            severity: "warning" as const,
            message: `${path} has the version of ${earlier}: both run here, in the order of their names`,
            hint: `${own.tool} stops where it finds two migrations of one version: give this one the next number.`,
            span: { file: path, start: 0, end: 0 },
          },
        ];
  });
}

/** Flyway counts over all folders, others in each. */
function numbered(path: string, marked: string | undefined): { tool: string; key: string } | null {
  const ofFlyway = flywayVersionOf(path);
  if (ofFlyway !== null) return { tool: "Flyway", key: `Flyway ${ofFlyway}` };
  const own = versionOf(basename(path), marked);
  return own && { tool: own.tool, key: `${own.tool} ${dirname(path)} ${own.version}` };
}
