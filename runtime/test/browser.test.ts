import * as browser from "../src/browser.ts";
import * as server from "../src/index.ts";

test("a browser's entry has every name that the server's has", () => {
  expect(Object.keys(browser).sort()).toEqual(Object.keys(server).sort());
});

test("what works without a server is the same, and the rest says that it does not", () => {
  const onServer = new Map<string, unknown>(Object.entries(server));
  for (const [name, value] of Object.entries(browser)) {
    if (value === onServer.get(name)) continue;
    expect(value as () => void).toThrow(`${name} of @solitude/runtime needs a server`);
  }
});
