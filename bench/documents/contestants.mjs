/** By their names in the tables. */
export const DRIVER = "mongodb (driver alone)";
export const BY_HAND = "mongodb and zod, by hand";
export const ACCESSOR = "@solitude/runtime/documents";
/** What is left of the accessor without validation. */
export const UNCHECKED = "@solitude/runtime/documents, not validated";
