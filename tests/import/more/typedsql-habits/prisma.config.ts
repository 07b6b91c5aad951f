export default { typedSql: { path: "./db/queries" } };
