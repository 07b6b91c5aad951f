import { optional, setting } from "./setting.ts";
import { duration, flag, integer, list } from "./values.ts";

const time = "time";

/** The variables of health checks. */
export const healthSettings = {
  INTERVAL: setting(duration, {
    accepts: time,
    default: "5s",
    description: "Between two checks of a database.",
  }),
  TIMEOUT: setting(duration, {
    accepts: time,
    default: "2s",
    description: "A check that took so long has failed.",
  }),
  HISTORY: setting(integer(1, 100_000), {
    accepts: "1 – 100000",
    default: "100",
    description: "Results kept for each database.",
  }),
} as const;

/** The variables of tracing and metrics. */
export const telemetrySettings = {
  ENABLED: setting(flag, {
    accepts: "`on` or `off`",
    default: "on",
    description: "Whether spans and metrics go to the OpenTelemetry SDK that the application registered.",
  }),
  QUERY_TEXT: setting(flag, {
    accepts: "`on` or `off`",
    default: "on",
    description: "Whether spans carry statements, with placeholders in place of values.",
  }),
  RETURNED_ROWS: setting(flag, {
    accepts: "`on` or `off`",
    default: "off",
    description: "Whether spans carry the number of rows returned.",
  }),
  PARAMETERS: optional(list, {
    accepts: "names, apart by commas or spaces",
    description:
      "Parameters whose values spans carry: `workspace_id` of every query, `GetAgent.workspace_id` of one.",
  }),
} as const;

/** The variables of ending the process. */
export const shutdownSettings = {
  DELAY: setting(duration, {
    accepts: time,
    default: "0",
    description: "From saying that it is not ready to closing anything, for load balancers to notice.",
  }),
  TIMEOUT: setting(duration, {
    accepts: time,
    default: "10s",
    description: "How long work in flight may go on before connections are closed under it.",
  }),
} as const;
