/** What is to be done when a signal aborts, by signal: however many calls share one, it has one listener. */
const reactionsOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `reaction` when the signal aborts. A listener for each of a thousand calls would warn of a leak, and take longer to
 * remove the more there are.
 * @returns what takes `reaction` back; the last to do so removes the listener
 */
export function onAbort(signal: AbortSignal, reaction: () => void): () => void {
  let reactions = reactionsOf.get(signal);
  if (reactions === undefined) {
    reactions = new Set();
    reactionsOf.set(signal, reactions);
    signal.addEventListener("abort", react);
  }
  reactions.add(reaction);
  return () => {
    if (!reactions.delete(reaction) || reactions.size > 0 || reactionsOf.get(signal) !== reactions) return;
    reactionsOf.delete(signal);
    signal.removeEventListener("abort", react);
  };
}

function react(this: AbortSignal): void {
  const reactions = reactionsOf.get(this) ?? [];
  reactionsOf.delete(this);
  this.removeEventListener("abort", react);
  for (const reaction of [...reactions]) reaction();
}
