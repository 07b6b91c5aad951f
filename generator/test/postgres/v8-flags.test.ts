import { resetAtExit } from "../../src/postgres/v8-flags.ts";

test("however many databases a process has, one listener waits for its end", () => {
  const before = process.listenerCount("exit");
  for (let n = 0; n < 20; n++) resetAtExit();
  expect(process.listenerCount("exit") - before).toBeLessThanOrEqual(1);
});
