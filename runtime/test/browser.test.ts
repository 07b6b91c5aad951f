import * as browser from "../src/browser.ts";
import * as server from "../src/index.ts";

test("a browser's entry has every name that the server's has", () => {
  expect(Object.keys(browser).sort()).toEqual(Object.keys(server).sort());
});

test("what works without a server is the same, and the rest says that it does not", () => {
  for (const [name, value] of Object.entries(browser)) {
    if (value === server[name as keyof typeof server]) continue;
    expect(value as () => void).toThrow(`${name} of @solitude/runtime needs a server`);
  }
});
