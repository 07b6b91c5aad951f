import { featuresAfter } from "../../../postgres/newer-features.ts";
import { NEWER_THAN_TARGET, newerFinding } from "../newer-than-target.ts";
import { queryRule } from "../rule.ts";

export const newerThanTargetInQuery = queryRule({
  ...NEWER_THAN_TARGET,
  *check({ kind, raw, options, userFunctions }) {
    const target = options.target_version;
    if (target === undefined) return;
    for (const feature of featuresAfter(target, kind, raw, userFunctions))
      yield newerFinding(feature, target);
  },
});
