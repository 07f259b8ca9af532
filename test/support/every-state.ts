/**
 * Walks through every state that can be reached from the first, and judges each one in which nobody has anything left to do.
 * States are compared by their JSON.
 */
export function everyState<State>(
  first: State,
  successors: (state: State) => readonly State[],
  complaints: (end: State) => readonly string[],
): { readonly states: number; readonly ends: number; readonly wrong: readonly string[] } {
  const seen = new Set<string>();
  const wrong = new Set<string>();
  const open = [first];
  let ends = 0;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const next = successors(state);
    if (next.length === 0) {
      ends += 1;
      for (const text of complaints(state)) wrong.add(text);
    }
    for (const one of next) {
      const name = JSON.stringify(one);
      if (seen.has(name)) continue;
      seen.add(name);
      open.push(one);
    }
  }
  return { states: seen.size, ends, wrong: [...wrong] };
}
