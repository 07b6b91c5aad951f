import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExportedDeclarations, Node, Project } from "ts-morph";

const RUNTIME = fileURLToPath(new URL("../../runtime/dist/", import.meta.url));

/** The entry points of `@solitude/runtime`, by the file that describes each. */
export const ENTRIES: Readonly<Record<string, string>> = {
  runtime: "index.d.ts",
  "runtime-config": "config/config.d.ts",
  "runtime-documents": "documents/index.d.ts",
  "runtime-testing": "testing/index.d.ts",
};

/**
 * Everything public of the runtime's entry points, as its declarations have it, sorted: what changes in it changes what
 * applications compile against. From what TypeScript wrote, so `npm run build` comes first.
 */
export function apiReports(): Map<string, string> {
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: { module: 199, moduleResolution: 99, skipLibCheck: true },
  });
  const reports = new Map<string, string>();
  for (const [name, file] of Object.entries(ENTRIES)) {
    const source = project.addSourceFileAtPath(join(RUNTIME, file));
    const entries = [...source.getExportedDeclarations()].sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = entries.map(
      ([exported, declarations]) =>
        `### ${exported}\n\n\`\`\`ts\n${declarations.map(textOf).join("\n")}\n\`\`\`\n`,
    );
    const module = `@solitude/${name.replace("-", "/")}`;
    reports.set(
      name,
      `# API of \`${module}\`\n\nWritten by \`npm run docs\`; a test fails where the code says something else.\n\n${parts.join("\n")}`,
    );
  }
  return reports;
}

/** A declaration with its doc comment; of a class nothing that is private. */
function textOf(declaration: ExportedDeclarations): string {
  const whole = Node.isVariableDeclaration(declaration)
    ? declaration.getVariableStatementOrThrow()
    : declaration;
  return whole
    .getText(true)
    .replace(/^ *(?:private|#)[^;]*;\n/gm, "")
    .replace(/import\("[^"]*node_modules\//g, 'import("')
    .replace(/^export (?:declare )?/gm, "")
    .replace(/\r\n/g, "\n");
}
