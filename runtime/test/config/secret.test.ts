import { format, inspect } from "node:util";
import { createSecret } from "../../src/config/secret.ts";

test("a secret gives its value when called, and shows nowhere", () => {
  let value = "first";
  const secret = createSecret(() => value);
  expect(secret()).toBe("first");
  value = "second";
  expect(secret()).toBe("second");
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, showProxy: true }),
    inspect({ nested: [secret] }),
    format("%s %o %O %j", secret, secret, secret, secret),
    Object.entries(secret).join(),
  ].join("\n");
  expect(shown).not.toMatch(/first|second/);
  expect(JSON.stringify(secret)).toBe('"[redacted]"');
});
