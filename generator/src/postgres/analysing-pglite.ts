import { PGlite, types } from "@electric-sql/pglite";

export { protocol } from "@electric-sql/pglite";

const TEXT_ARRAY = 1009;

/** PGlite without what it does at its start for applications: reading every array type of the database. */
export default class AnalysingPGlite extends PGlite {
  /** Reads no array types: what is read from the catalogs comes as `text[]` where it is an array. */
  override async _initArrayTypes(): Promise<void> {
    this.parsers[TEXT_ARRAY] = (text) => types.arrayParser(text, types.parsers[types.TEXT]!, TEXT_ARRAY);
  }
}
