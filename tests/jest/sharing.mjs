import { sep } from "node:path";

/** Folders whose suites share their worker's context and the generator's modules; others have both to themselves. */
const SHARING = [
  ["generator", "test"],
  ["tests", "jest"],
].map((folder) => ["", ...folder, ""].join(sep));

/** @param {string} testPath */
export const sharesModules = (testPath) => SHARING.some((folder) => testPath.includes(folder));
