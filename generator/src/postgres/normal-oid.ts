/** Oids from here on are the user's (`FirstNormalObjectId`); below, PostgreSQL's own and stable across versions. */
export const FIRST_NORMAL_OID = 16384;
