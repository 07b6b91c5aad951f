import pg from "pg";
/** A database of its own for a suite, on the one server that the jest run shares. */
export interface TestDatabase {
<<<<<<< HEAD
  readonly url: string;
  readonly pool: pg.Pool;
  /** A connection as this role. */
  poolAs(role: string): pg.Pool;
  drop(): Promise<void>;
}
/** The servers that tests run on, by major version, with the variable that names one that is there already. */
declare const GIVEN: {
  readonly 16: "SOLITUDE_TEST_POSTGRES";
  readonly 12: "SOLITUDE_TEST_POSTGRES_12";
=======
    readonly url: string;
    readonly pool: pg.Pool;
    /** For connections as this role. */
    urlAs(role: string): string;
    /** Connections as this role. */
    poolAs(role: string): pg.Pool;
    drop(): Promise<void>;
}
/** The servers that tests run on, by major version, with the variable that names one that is there already. */
declare const GIVEN: {
    readonly 16: "SOLITUDE_TEST_POSTGRES";
    readonly 12: "SOLITUDE_TEST_POSTGRES_12";
>>>>>>> bac1de5 (solitude-gen diff: what changed in the schema, and the migration for it)
};
export type Version = keyof typeof GIVEN;
/**
 * @throws when there is no such server; a test that cannot run must not pass
 */
export declare function createDatabase(version?: Version): Promise<TestDatabase>;
/** Runs `work` while no other suite does the same on this server; for what is shared by its databases, such as roles. */
export declare function exclusively<T>(version: Version, work: () => Promise<T>): Promise<T>;
<<<<<<< HEAD
=======
export {};
>>>>>>> bac1de5 (solitude-gen diff: what changed in the schema, and the migration for it)
