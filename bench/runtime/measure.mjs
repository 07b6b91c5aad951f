const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Makes so many calls, one after the other. @returns microseconds for one, and of the CPU */
export async function takeTurn(call, calls) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < calls; i++) await call();
  const wall = ((performance.now() - start) * 1000) / calls;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / calls };
}

/** Turns in which V8 has time to compile what a call takes, which no other client of this process has called. Slow calls have fewer. */
const WARM_UP = { least: 8, most: 30, milliseconds: 1_500 };

/** @param calls of a turn @param total how many calls, where that is known */
async function warm(turn, calls, total) {
  if (total !== undefined) {
    if (total > 0) await turn(total);
    return;
  }
  const start = performance.now();
  for (let i = 0; i < WARM_UP.most; i++) {
    await turn(calls);
    if (i + 1 >= WARM_UP.least && performance.now() - start > WARM_UP.milliseconds) return;
  }
}

/** One that is called in this process. */
export const here = ({ name, call }) => ({
  name,
  turn: (calls) => takeTurn(call, calls),
  collect: () => globalThis.gc?.(),
});

/**
 * Runs each contestant in turn, round after round, so that whatever else the machine does meets all of them. Times are
 * medians of the rounds, in microseconds for one call; ratios are medians of the ratios within a round.
 * @param contestants `{ name, turn, collect }`, where `turn` makes so many calls and gives what `takeTurn` does
 * @param against the name of the one that ratios are to
 * @param floor that of another, which need not take part
 */
export async function measure(contestants, { rounds, calls, against, floor, warmUp }) {
  const results = new Map(contestants.map(({ name }) => [name, []]));
  for (const { turn } of contestants) await warm(turn, calls, warmUp);
  // Not before each turn: what the collector sweeps afterwards, in threads of its own, counts as the CPU time of the next
  // calls, the same for all contestants, and was several times what the calls themselves take.
  for (const { collect } of contestants) await collect();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < contestants.length; i++) {
      const { name, turn } = contestants[(i + round) % contestants.length];
      results.get(name).push(await turn(calls));
    }
  }
  const ratio = (mine, base, of) => base && median(mine.map((r, i) => r[of] / base[i][of]));
  return contestants.map(({ name }) => {
    const mine = results.get(name);
    return {
      name,
      wall: median(mine.map((r) => r.wall)),
      cpu: median(mine.map((r) => r.cpu)),
      wallRatio: ratio(mine, results.get(against), "wall"),
      cpuRatio: ratio(mine, results.get(against), "cpu"),
      wallToFloor: ratio(mine, results.get(floor), "wall"),
      cpuToFloor: ratio(mine, results.get(floor), "cpu"),
    };
  });
}
