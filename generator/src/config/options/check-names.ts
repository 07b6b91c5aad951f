/** The checks of a pull request, in the order in which they run. */
export const CHECKS = ["generate", "diff", "verify", "vet", "impact", "database"] as const;
export type CheckName = (typeof CHECKS)[number];
