/** One step of a migration, to be put in order. */
export interface Step {
  /** Among steps that could come next, the one that sorts first does. */
  readonly rank: string;
  readonly before: Set<Step>;
}

/** Puts steps in an order in which each comes before what it has to; a circle is cut where it is entered. */
export function order<Each extends Step>(steps: readonly Each[]): Each[] {
  const waiting = new Map<Step, number>(steps.map((step) => [step, 0]));
  for (const step of steps) for (const next of step.before) waiting.set(next, waiting.get(next)! + 1);
  const ready: Each[] = [];
  const insert = (step: Each): void => {
    let low = 0;
    let high = ready.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ready[middle]!.rank > step.rank) low = middle + 1;
      else high = middle;
    }
    ready.splice(low, 0, step);
  };
  for (const step of steps) if (waiting.get(step) === 0) insert(step);
  const remaining = new Set(steps);
  const ordered: Each[] = [];
  while (remaining.size > 0) {
    // The last is the one that sorts first.
    const step = ready.pop() ?? firstOf(firstCircle(remaining));
    if (!remaining.delete(step)) continue;
    ordered.push(step);
    for (const next of step.before) {
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left === 0) insert(next as Each);
    }
  }
  return ordered;
}

function firstOf<Each extends Step>(steps: Iterable<Each>): Each {
  return [...steps].reduce((first, step) => (step.rank < first.rank ? step : first));
}

/** Finds steps that wait for one another, and for nothing else. */
function firstCircle<Each extends Step>(steps: ReadonlySet<Each>): Each[] {
  const waitsFor = new Map<Step, Each[]>([...steps].map((step) => [step, []]));
  for (const step of steps) for (const next of step.before) waitsFor.get(next)?.push(step);
  const ahead = (step: Each): Set<Each> => {
    const found = new Set(waitsFor.get(step));
    for (const each of found) for (const before of waitsFor.get(each)!) found.add(before);
    return found;
  };
  for (let at = firstOf(steps); ; ) {
    const found = [...ahead(at)];
    const outside = found.filter((step) => !ahead(step).has(at));
    if (outside.length === 0) return found;
    at = firstOf(outside);
  }
}

/** Tells whether one step has to come before another. */
export function comesBefore(step: Step, other: Step, seen: Set<Step> = new Set()): boolean {
  if (step === other) return true;
  if (seen.has(step)) return false;
  seen.add(step);
  for (const next of step.before) if (comesBefore(next, other, seen)) return true;
  return false;
}

/** Gives the steps, and all that have to come after one of them. */
export function behind(steps: Iterable<Step>, found: Set<Step> = new Set()): Set<Step> {
  for (const step of steps) {
    if (found.has(step)) continue;
    found.add(step);
    behind(step.before, found);
  }
  return found;
}
