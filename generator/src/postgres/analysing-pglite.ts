import type * as Installed from "@electric-sql/pglite";

/** What is used of PGlite's module. */
export type PGliteModule = Pick<typeof Installed, "PGlite" | "protocol" | "types">;

/** PGlite as an analysis needs it. */
export interface AnalysingPGlite extends Installed.PGlite {
  /** What ended a statement in its middle, other than PostgreSQL's own errors. */
  ended: unknown;
  /**
   * Keeps what ends a statement in its middle, such as the end of JavaScript's stack. PGlite itself overlooks it, and answers that
   * statement, and some that come after it, as if they were done.
   */
  watchEnd(): void;
  /** Makes a statement that would start a program (`copy … program`) fail, as PGlite can start none. */
  refusePrograms(): void;
}

/** What makes one. */
export interface AnalysingPGliteClass extends Pick<typeof Installed.PGlite, "defaultStartParams"> {
  new (options: Installed.PGliteOptions): AnalysingPGlite;
}

const TEXT_ARRAY = 1009;

/** What PGlite's types leave out of its program. */
interface Program {
  readonly HEAPU8: Uint8Array;
  /** Where it keeps why a call failed. */
  readonly ___errno_location: () => number;
  _PostgresMainLoopOnce: () => void;
}
/** With what status the program leaves its loop where PostgreSQL jumps back to its start. */
const LONG_JUMP = 100;
/** ENOSYS in WebAssembly's system interface. */
const NOT_IMPLEMENTED = 52;

/** Gives PGlite without what it does at its start for applications: reading every array type of the database. */
export const analysing = ({ PGlite, types }: PGliteModule): AnalysingPGliteClass =>
  class extends PGlite implements AnalysingPGlite {
    ended: unknown;

    /** Reads no array types: what is read from the catalogs comes as `text[]` where it is an array. */
    override async _initArrayTypes(): Promise<void> {
      this.parsers[TEXT_ARRAY] = (text) => types.arrayParser(text, types.parsers[types.TEXT]!, TEXT_ARRAY);
    }

    watchEnd(): void {
      const program = this.Module as unknown as Program;
      const runOnce = program._PostgresMainLoopOnce;
      program._PostgresMainLoopOnce = () => {
        try {
          runOnce();
        } catch (error) {
          // The jump that PostgreSQL's own errors are.
          if ((error as { status?: unknown }).status !== LONG_JUMP) this.ended ??= error;
          throw error;
        }
      };
    }

    refusePrograms(): void {
      const { Module } = this;
      const refuse = (result: number) => () => {
        const { HEAPU8, ___errno_location } = Module as unknown as Program;
        new DataView(HEAPU8.buffer).setInt32(___errno_location(), NOT_IMPLEMENTED, true);
        return result;
      };
      Module._pgl_set_popen_fn(Module.addFunction(refuse(0), "ppp"));
      Module._pgl_set_system_fn(Module.addFunction(refuse(-1), "pp"));
    }
  };
