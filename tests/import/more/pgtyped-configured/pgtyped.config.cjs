module.exports = {
  transforms: [{ mode: "sql", include: "**/*.sql", emitTemplate: "{{dir}}/made/{{name}}.ts" }],
  srcDir: "./src",
  camelCaseColumnNames: true,
  hungarianNotation: false,
  typesOverrides: { int8: "number" },
};
