/** The names of the pools that are reported. For the whole process, since several createTelemetry may share one meter. */
const taken = new Set<string>();

/**
 * What stops reporting a pool that is closed, by its name. An SDK that adds up repeats the last value of what is reported no more, so
 * that a closed pool must be told to have no connections, until another has its name.
 */
const closed = new Map<string, () => void>();
const CLOSED_LIMIT = 100;

/**
 * Gives a pool its name in metrics: the wanted one, or, where another pool has that, the same with `#2`, `#3` … Two pools of one
 * name would be one series, whose value is that of whichever is read last.
 * @returns the name, and what makes it free again, calling `forget` when somebody else has it
 */
export function claimName(wanted: string): {
  readonly name: string;
  readonly giveUp: (forget: () => void) => void;
} {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}#${number}`;
  taken.add(name);
  forget(name);
  const giveUp = (stop: () => void): void => {
    taken.delete(name);
    closed.set(name, stop);
    if (closed.size > CLOSED_LIMIT) forget([...closed.keys()][0]!);
  };
  return { name, giveUp };
}

function forget(name: string): void {
  closed.get(name)?.();
  closed.delete(name);
}
