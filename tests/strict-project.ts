import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a tsconfig.json under which all TypeScript of a folder is checked as strictly as an application's, and not emitted. */
export function writeStrictConfig(folder: string): void {
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noUnusedLocals: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
}
