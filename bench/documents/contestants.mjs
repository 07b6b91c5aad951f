/** By their names in the tables. */
export const DRIVER = "mongodb (driver alone)";
export const ACCESSOR = "@solitude/runtime/documents";
