import type { OutputPlan } from "./plan.ts";

/** How the output on disk differs from what it should be; all empty when it is current. */
export interface Comparison {
  readonly missing: readonly string[];
  readonly changed: readonly string[];
  readonly leftover: readonly string[];
  /** A unified diff that `git apply` takes; "" when the output is current. */
  readonly diff: string;
}

export async function compareOutput(plan: OutputPlan): Promise<Comparison> {
  const missing = plan.wanted.filter((file) => file.kind === "create");
  const changed = plan.wanted.filter((file) => file.kind === "update");
  const { leftover } = plan;
  const parts: string[] = [];
  if (missing.length + changed.length + leftover.length > 0) {
    const { unifiedDiff } = await import("./unified-diff.ts");
    const patch = (shown: string, before: string | null, after: string | null): Promise<string> => {
      const from = before === null ? "/dev/null" : `a/${shown}`;
      const to = after === null ? "/dev/null" : `b/${shown}`;
      return unifiedDiff(from, to, lf(before), lf(after));
    };
    for (const file of changed) parts.push(await patch(file.shown, file.previous, file.contents));
    for (const file of missing) parts.push(await patch(file.shown, null, file.contents));
    for (const file of leftover) parts.push(await patch(file.shown, file.previous, null));
  }
  const names = (files: readonly { shown: string }[]): string[] => files.map((file) => file.shown);
  return {
    missing: names(missing),
    changed: names(changed),
    leftover: names(leftover),
    diff: parts.join(""),
  };
}

/** Line endings do not count as a change, so they must not show as one. */
function lf(text: string | null): string {
  return (text ?? "").replaceAll("\r\n", "\n");
}
