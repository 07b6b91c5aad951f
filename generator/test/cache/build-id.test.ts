import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BUILD = new URL("../../build.mjs", import.meta.url).href;

test("what a build with another prepared cluster has kept is not looked at", () => {
  const folder = mkdtempSync(join(tmpdir(), "build-id-"));
  try {
    const clusters = ["one", "one", "another"].map((contents, i) => {
      const path = join(folder, `${i}.tar`);
      writeFileSync(path, contents);
      return path;
    });
    const script = `import { buildId } from ${JSON.stringify(BUILD)};
      console.log(JSON.stringify(process.argv.slice(1).map((cluster) => buildId(cluster))));`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script, ...clusters]);
    const [one, same, another] = JSON.parse(String(printed)) as string[];
    expect(same).toBe(one);
    expect(another).not.toBe(one);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
