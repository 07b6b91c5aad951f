import type { Diagnostic } from "../../model/diagnostic.ts";

/** One thing that was looked at. */
export interface Examination {
  readonly name:
    | "installation"
    | "configuration"
    | "files"
    | "cache"
    | "extensions"
    | "plugins"
    | "embedded PostgreSQL"
    | "servers"
    | "git";
  /** What it is like, in a few words. */
  readonly detail: string;
  readonly findings: readonly Diagnostic[];
}
