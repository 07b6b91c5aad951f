import type { IncomingMessage, ServerResponse } from "node:http";
import type { Health, HealthReport } from "./health.ts";

export interface HealthHttpOptions {
  /** Answers 200 for as long as the process answers at all; `/livez`. Restart the process when it does not. */
  readonly livePath?: string | undefined;
  /** Answers 200 when ready, else 503; `/readyz`. Send no requests while it is not. */
  readonly readyPath?: string | undefined;
  /** Whether answers name the checks; true. */
  readonly details?: boolean | undefined;
}

/** For `node:http`, and as Express middleware: what is not for it goes to `next`, or is not found. */
export type HealthHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * Answers the probes of an orchestrator. Bodies have statuses, latencies and kinds of failures; no error's text, and nothing
 * of how databases are reached.
 */
export function healthHandler(health: Health, options: HealthHttpOptions = {}): HealthHandler {
  return async (request, response, next) => {
    const answer = await answerTo(health, options, request.method ?? "GET", request.url ?? "/");
    if (answer === undefined && next !== undefined) return next();
    const { status, body, headers } = answer ?? NOT_FOUND;
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

/** The same for frameworks that speak `Request` and `Response`; undefined for a path that is not for it. */
export function healthFetch(
  health: Health,
  options: HealthHttpOptions = {},
): (request: Request) => Promise<Response | undefined> {
  return async ({ method, url }) => {
    const answer = await answerTo(health, options, method, new URL(url).pathname);
    if (answer === undefined) return undefined;
    const { status, headers, body } = answer;
    return new Response(method === "HEAD" ? null : body, { status, headers });
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const HEADERS = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
const NOT_FOUND: Answer = { status: 404, headers: HEADERS, body: '{"error":"not found"}' };

async function answerTo(
  health: Health,
  { livePath = "/livez", readyPath = "/readyz", details = true }: HealthHttpOptions,
  method: string,
  url: string,
): Promise<Answer | undefined> {
  const [path] = url.split("?", 1);
  if (path !== livePath && path !== readyPath) return undefined;
  if (method !== "GET" && method !== "HEAD")
    return {
      status: 405,
      headers: { ...HEADERS, allow: "GET, HEAD" },
      body: '{"error":"method not allowed"}',
    };
  if (path === livePath) return { status: 200, headers: HEADERS, body: '{"status":"alive"}' };
  const report = await health.recent();
  const body = JSON.stringify(details ? detailed(report) : { status: report.state });
  return { status: report.state === "ready" ? 200 : 503, headers: HEADERS, body };
}

function detailed({ state, checks }: HealthReport): object {
  return {
    status: state,
    checks: Object.fromEntries(
      checks.map(({ name, critical, status, since, last }) => [
        name,
        {
          status,
          critical,
          since,
          checkedAt: last?.at,
          latencyMs: last && round(last.latency),
          reason: last?.reason,
        },
      ]),
    ),
  };
}

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;
