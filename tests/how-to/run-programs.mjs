import { format } from "node:util";

// Runs the programs of all pages one after the other in one process, each on its own database, and gives what each printed.

const printed = {};
let current = "";
console.log = (...values) => {
  printed[current] += `${format(...values)}\n`;
};
const fail = (error) => {
  printed[current] += `FAILED ${error?.stack ?? error}\n`;
};
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
for (const { name, module, url } of JSON.parse(process.argv[2])) {
  current = name;
  printed[name] = "";
  process.env.DATABASE_URL = url;
  await import(module).catch(fail);
}
process.stdout.write(JSON.stringify(printed), () => process.exit());
