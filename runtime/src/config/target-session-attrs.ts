/** What a session must be, in libpq's words; `prefer-standby` takes any where there is no standby. */
export type TargetSessionAttrs =
  | "any"
  | "read-write"
  | "read-only"
  | "primary"
  | "standby"
  | "prefer-standby";

export const TARGET_SESSION_ATTRS: readonly string[] = [
  "any",
  "read-write",
  "read-only",
  "primary",
  "standby",
  "prefer-standby",
] satisfies TargetSessionAttrs[];
