/** The tools that projects come from. By itself: the command line names them at every start. */
export const TOOLS = ["pgtyped", "typedsql", "templates"] as const;
export type Tool = (typeof TOOLS)[number];
