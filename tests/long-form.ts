// What the generator's suites use, too.
export * from "../generator/test/long-form.ts";
export * from "../generator/test/touched.ts";
