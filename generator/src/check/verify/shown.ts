import type { Difference } from "./difference.ts";
import type { TrialVerdict } from "./trial/judge.ts";

/**
 * Puts together what analysing a query on both schemas says and what executing it has shown. Where both speak of the same, the word of the one who
 * tried counts: what was taken is not refused, be it that a trigger fills the column or that a view has the table's defaults.
 */
export function shownDifferences(analysed: readonly Difference[], trial: TrialVerdict | null): Difference[] {
  if (trial === null) return [...analysed];
  const { differences, passes, nullsTaken } = trial;
  const isRefuted = ({ code, nullOf, about }: Difference): boolean =>
    (nullOf !== undefined && nullsTaken.has(nullOf)) ||
    (code === "verify-missing-value" &&
      (passes || differences.some((one) => one.code === code && one.about === about)));
  const left = analysed.filter((difference) => !isRefuted(difference));
  const isTold = (shown: Difference): boolean =>
    left.some(
      (known) =>
        (shown.code === "verify-parameter" && known.code === "verify-parameter") ||
        (shown.code === "verify-missing-value" &&
          known.nullOf !== undefined &&
          known.about === shown.about) ||
        (shown.code === known.code &&
          shown.about !== undefined &&
          known.about === shown.about &&
          shown.effect === known.effect),
    );
  const shown = differences.filter((difference) => !isTold(difference));
  // A rule that was seen to refuse is told once, as it was seen.
  const seen = new Set(
    shown.flatMap(({ code, about }) => (code === "verify-constraint" && about ? [about] : [])),
  );
  return [
    ...left.filter(({ code, about }) => !(code === "verify-constraint" && about && seen.has(about))),
    ...shown,
  ];
}
