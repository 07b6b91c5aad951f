/** The names of the pools that are reported. For the whole process, since several createTelemetry may share one meter. */
const taken = new Set<string>();

/**
 * Gives a pool its name in metrics: the wanted one, or, where another pool has that, the same with `#2`, `#3` … Two pools of one
 * name would be one series, whose value is that of whichever is read last.
 * @returns the name, and what makes it free again
 */
export function claimName(wanted: string): { readonly name: string; readonly giveUp: () => void } {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}#${number}`;
  taken.add(name);
  return { name, giveUp: () => taken.delete(name) };
}
