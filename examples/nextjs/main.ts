import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

// A browser without JavaScript: it reads the page and sends its forms, which Next.js makes work without a script, too.
const bin = "node_modules/next/dist/bin/next";
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
// Turbopack takes no packages from outside of its root, which is where the tests have them.
execFileSync(process.execPath, [bin, "build", "--webpack"], { env, stdio: ["ignore", "ignore", "inherit"] });

const server = spawn(process.execPath, [bin, "start", "--port", "0", "--hostname", "127.0.0.1"], {
  env,
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(server, "exit");
const url = await new Promise<string>((resolve, reject) => {
  let said = "";
  server.stdout.on("data", (text) => {
    said += text;
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
    if (found !== undefined) resolve(found);
  });
  server.once("exit", () => reject(new Error(`Next.js did not start:\n${said}`)));
});

/** Gives what a person sees of the page. */
function shown(html: string): string {
  const said = [...html.matchAll(/<(?:button type="submit"|p role="alert")>([^<]+)</g)];
  return said.map(([, text]) => text).join(", ");
}

/** Sends the form whose button says so, with what is typed into it. */
async function submit(html: string, button: string, typed: Record<string, string> = {}): Promise<string> {
  const form = html.split("<form").find((part) => part.includes(`>${button}<`)) ?? "";
  const body = new FormData();
  for (const [input] of form.matchAll(/<input type="hidden"[^>]*>/g)) {
    const attributeOf = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(input)?.[1] ?? "";
    body.append(attributeOf("name"), attributeOf("value").replaceAll("&quot;", '"'));
  }
  for (const [name, value] of Object.entries(typed)) body.append(name, value);
  const response = await fetch(url, { method: "POST", body, headers: { origin: url } });
  return response.text();
}

try {
  let page = await submit(await (await fetch(url)).text(), "Invite", { name: "Ada" });
  console.log(shown(page));
  page = await submit(page, "Ada: yes");
  console.log(shown(page));
  page = await submit(page, "Invite", { name: "" });
  console.log(shown(page));
} finally {
  server.kill();
  await ended;
}
