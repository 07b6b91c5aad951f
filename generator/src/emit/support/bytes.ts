import type { Codec } from "./codec.ts";

export const bytea: Codec<Buffer> = {
  decode(t) {
    if (t.startsWith("\\x")) return Buffer.from(t.slice(2), "hex");
    const bytes = t.replace(/\\(\\|[0-7]{3})/g, (_, e: string) =>
      e === "\\" ? "\\" : String.fromCharCode(Number.parseInt(e, 8)),
    );
    return Buffer.from(bytes, "latin1");
  },
  encode: (v) => `\\x${v.toString("hex")}`,
};
