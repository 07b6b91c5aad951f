/** In the order in which they are looked for. The first is for projects whose sqlc reads a version that has no place for ours. */
export const CONFIG_NAMES: readonly string[] = ["solitude-gen.yaml", "sqlc.yaml", "sqlc.yml", "sqlc.json"];
