/** The orders in which a change of schema and queries can be rolled out. */
export const ORDERS = ["migrate-first", "deploy-first"] as const;
export type Order = (typeof ORDERS)[number];
