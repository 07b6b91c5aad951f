/** In the order in which they are looked for. */
export const CONFIG_NAMES: readonly string[] = ["sqlc.yaml", "sqlc.yml", "sqlc.json"];
