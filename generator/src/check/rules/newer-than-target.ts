import type { Feature } from "../../postgres/newer-features.ts";
import type { Finding } from "./rule.ts";

/** What the rule for queries and the one for migrations have in common. */
export const NEWER_THAN_TARGET = {
  code: "newer-than-target",
  severity: "error",
  summary: "something that the target version of PostgreSQL does not have yet (`vet.target_version`)",
  why: "Queries and migrations are analysed by the PostgreSQL inside of this tool, which is newer than most servers. What it accepts can fail in production; `vet.target_version` says what production runs.",
  mend: "Write it as the older version has it, or raise `vet.target_version` once every server is upgraded.",
} as const;

export function newerFinding({ name, since, location }: Feature, target: number): Finding {
  return { message: `${name} needs PostgreSQL ${since}, and the target is ${target}`, location };
}
