import { ModuleMocker } from "jest-mock";

/** Stands in for `@jest/globals`: what suites take from there in place of the globals. */
export const jest = new ModuleMocker(globalThis);
