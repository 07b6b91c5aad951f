import { createRequire } from "node:module";
import { UniqueViolationError } from "@solitude/runtime";

// A process has each class once, so that `instanceof` holds whichever way a module was loaded.
const required = createRequire(import.meta.url)("@solitude/runtime");
console.log(required.UniqueViolationError === UniqueViolationError ? "done" : "twice");
