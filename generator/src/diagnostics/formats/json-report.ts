import type { Formatter } from "./formatter.ts";

/** One JSON document; its schema is published as `report.schema.json`. */
export const formatJson: Formatter = (findings, { version, command }) => {
  const count = (severity: string): number => findings.filter((f) => f.severity === severity).length;
  const document = {
    version: 1,
    tool: { name: "solitude-gen", version },
    command,
    summary: { errors: count("error"), warnings: count("warning"), infos: count("info") },
    findings: findings.map(({ excerpt: _, ...finding }) => finding),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};
