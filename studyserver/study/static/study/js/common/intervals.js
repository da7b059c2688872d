// Intervals of time, as [begin, end] in s.

/** The same intervals in order, those merged that overlap or lie at most `gap` apart. */
export function merged(intervals, gap = 0) {
  const found = [];
  for (const [begin, end] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && begin <= last[1] + gap) last[1] = Math.max(last[1], end);
    else found.push([begin, end]);
  }
  return found;
}
