import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The licences of the packages whose code is in a bundle, as one text: they ask to be passed on with it.
 * @param {import("esbuild").Metafile} metafile
 * @param {string} folder what the paths in it are relative to
 * @throws where a package has no licence to pass on
 */
export function noticesOf(metafile, folder) {
  const packages = new Map();
  for (const input of Object.keys(metafile.inputs)) {
    if (!input.includes("node_modules/")) continue;
    const home = packageFolder(join(folder, input));
    const { name, version, license, repository } = JSON.parse(
      readFileSync(join(home, "package.json"), "utf8"),
    );
    const source = (repository?.url ?? repository ?? "").replace(/^git\+|\.git$/g, "");
    packages.set(`${name} ${version}`, { license, home, source });
  }
  const notices = [...packages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, { license, home, source }]) => {
      const file = readdirSync(home).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
      if (file === undefined && license === undefined) throw new Error(`${title} has no licence`);
      const text =
        file === undefined ? `\n${source}\n` : `\n${readFileSync(join(home, file), "utf8").trim()}\n`;
      return `## ${title} (${license})\n${text}`;
    });
  return `# Packages whose code is in this one\n\n${notices.join("\n")}`;
}

/** The folder with the nearest package.json that names a package: some have one below that only says `type`. */
function packageFolder(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name !== undefined) return folder;
  }
}
