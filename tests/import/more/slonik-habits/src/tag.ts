import { createSqlTag, sql as plain } from "slonik";

export const sql = createSqlTag({ typeAliases: {} });
export const onlyCalm = plain.fragment`mood = 'calm'`;
