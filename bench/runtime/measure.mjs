const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/**
 * Runs each contestant in turn, round after round, so that whatever else the machine does meets all of them. Times are
 * medians of the rounds, in microseconds for one call; ratios are medians of the ratios within a round.
 * @param contestants `{ name, call }`
 * @param against the name of the one that ratios are to
 * @param floor that of another, which need not take part
 */
export async function measure(contestants, { rounds, calls, against, floor, warmUp = calls * 8 }) {
  const results = new Map(contestants.map(({ name }) => [name, []]));
  for (const { call } of contestants) for (let i = 0; i < warmUp; i++) await call();
  // Not before each turn: what the collector sweeps afterwards, in threads of its own, counts as the CPU time of the next
  // calls, the same for all contestants, and was several times what the calls themselves take.
  globalThis.gc?.();
  for (let round = 0; round < rounds; round++) {
    const turn = contestants.map((_, i) => contestants[(i + round) % contestants.length]);
    for (const { name, call } of turn) {
      const cpu = process.cpuUsage();
      const start = performance.now();
      for (let i = 0; i < calls; i++) await call();
      const wall = ((performance.now() - start) * 1000) / calls;
      const { user, system } = process.cpuUsage(cpu);
      results.get(name).push({ wall, cpu: (user + system) / calls });
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
