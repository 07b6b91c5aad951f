import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/**
 * A port that nobody listens on and that no other suite of this jest run is given, nor of one beside it that has the same
 * SOLITUDE_TEST_PORTS. It is none of those that the system
 * picks for the near end of connections: such a one may be taken by anybody's connection while its server is down, and
 * whoever tries to connect to it in a loop will at some time be connected to himself.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  const [first, end] = range();
  for (;;) {
    const port = first + Math.floor(Math.random() * (end - first));
    if (claim(port) && (await isFree(port))) return port;
  }
}

/** The first port and the one behind the last. */
function range() {
  const [low, high] = ephemeral();
  if (low >= 12_000) return [10_000, low];
  if (high <= 63_000) return [high + 1, 65_536];
  return [10_000, 65_536];
}

function ephemeral() {
  try {
    const text = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    return text.trim().split(/\s+/).map(Number);
  } catch {
    return [32_768, 60_999];
  }
}

/** Between this and the server's start, which may take seconds, another suite must not find it free as well. */
function claim(port) {
  const folder = process.env.SOLITUDE_TEST_PORTS ?? process.env.SOLITUDE_TEST_RUN;
  if (folder === undefined) return true;
  try {
    mkdirSync(join(folder, `port-${port}`));
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
}
