import { spawn } from "node:child_process";
import { once } from "node:events";
import { endProcess } from "../../stack/processes/end-process.mjs";

// Windows knows no signal that a process could leave unheeded.
const testWithSignals = process.platform === "win32" ? test.skip : test;

const start = async (onSignal: string) => {
  const code = `process.on("SIGTERM", () => ${onSignal}); setInterval(() => {}, 1000); console.log("up")`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  await once(child.stdout, "data");
  return { child, ended };
};

testWithSignals("a process that ends when it is told to has its own end", async () => {
  const { child, ended } = await start("process.exit(7)");
  await endProcess(child, ended, "SIGTERM");
  expect(await ended).toEqual([7, null]);
});

testWithSignals("one that does not is killed", async () => {
  const { child, ended } = await start("{}");
  await endProcess(child, ended, "SIGTERM", 20);
  expect(await ended).toEqual([null, "SIGKILL"]);
});
