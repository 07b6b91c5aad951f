// Writes src/plugins/protocol/codegen_pb.ts from sqlc's codegen.proto beside it. Run: node scripts/generate-plugin-protocol.mjs
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../src/plugins/protocol");
const template = JSON.stringify({
  version: "v2",
  plugins: [{ local: "protoc-gen-es", out: FOLDER, opt: ["target=ts"] }],
});
const packages = ["@bufbuild/buf@1.75.0", "@bufbuild/protoc-gen-es@2.17.0"];
execFileSync(
  "npx",
  [
    "--yes",
    ...packages.flatMap((name) => ["--package", name]),
    "buf",
    "generate",
    "--template",
    template,
    FOLDER,
  ],
  { stdio: "inherit" },
);
