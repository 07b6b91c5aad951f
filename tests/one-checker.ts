/**
 * Options of TypeScript 7 that make it check in one thread: by default it has four, each of which works out the libraries' types for itself. On
 * two cores, on which other suites run, that takes a third more of CPU, and is no sooner done.
 */
export const ONE_CHECKER = ["--checkers", "1"];
