// How two texts differ, line by line, as `diff -u` tells it.

/** An edit script longer than this is not looked for: what differs so much is told as a whole. It bounds time and memory. */
const MOST_EDITS = 500;
const CONTEXT = 3;

/** A line that stays (' '), goes ('-') or comes ('+'). */
type Step = { readonly mark: ' ' | '-' | '+'; readonly line: string };

/** The hunks of a unified difference, with the numbers of their lines; empty: the texts are equal. */
export function lineDifference(before: string, after: string): string {
  if (before === after) return '';
  const [old, now] = [linesOf(before), linesOf(after)];
  const head = commonStart(old, now);
  const tail = commonEnd(old, now, head);
  const [oldCore, nowCore] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  const first = Math.max(0, head - CONTEXT);
  const steps = [
    ...around(old.slice(first, head)),
    ...stepsOf(oldCore, nowCore),
    ...around(old.slice(old.length - tail, old.length - tail + CONTEXT)),
  ];
  return hunksOf(steps, first);
}

function around(lines: readonly string[]): readonly Step[] {
  return lines.map((line) => ({ mark: ' ', line }));
}

// A line without its end differs from one with it.
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') return lines.slice(0, -1);
  return [...lines.slice(0, -1), `${lines.at(-1) ?? ''}\n\\ no line end`];
}

function commonStart(old: readonly string[], now: readonly string[]): number {
  let at = 0;
  while (at < old.length && at < now.length && old[at] === now[at]) at++;
  return at;
}

function commonEnd(old: readonly string[], now: readonly string[], start: number): number {
  let count = 0;
  const most = Math.min(old.length, now.length) - start;
  while (count < most && old[old.length - 1 - count] === now[now.length - 1 - count]) count++;
  return count;
}

function whole(old: readonly string[], now: readonly string[]): readonly Step[] {
  return [...old.map((line): Step => ({ mark: '-', line })), ...now.map((line): Step => ({ mark: '+', line }))];
}

// The greedy algorithm of E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): `reach[k]` is how far one gets in
// `old` on the diagonal k with so many edits.
function stepsOf(old: readonly string[], now: readonly string[]): readonly Step[] {
  const most = Math.min(old.length + now.length, MOST_EDITS);
  const trace: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  for (let edits = 0; edits <= most; edits++) {
    trace.push(reach);
    const next = new Map(reach);
    for (let k = -edits; k <= edits; k += 2) {
      let x = startOn(k, edits, reach);
      while (x < old.length && x - k < now.length && old[x] === now[x - k]) x++;
      next.set(k, x);
      if (x >= old.length && x - k >= now.length) return wayBack(old, now, trace);
    }
    reach = next;
  }
  return whole(old, now);
}

function startOn(k: number, edits: number, reach: ReadonlyMap<number, number>): number {
  const [below, above] = [reach.get(k - 1) ?? -1, reach.get(k + 1) ?? -1];
  return k === -edits || (k !== edits && below < above) ? above : below + 1;
}

function wayBack(
  old: readonly string[],
  now: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): readonly Step[] {
  const steps: Step[] = [];
  let [x, y] = [old.length, now.length];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits] ?? new Map<number, number>();
    const k = x - y;
    const isInsertion = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const fromK = isInsertion ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : (reach.get(fromK) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY) {
      steps.push({ mark: ' ', line: old[--x] ?? '' });
      y--;
    }
    if (edits === 0) break;
    if (isInsertion) steps.push({ mark: '+', line: now[--y] ?? '' });
    else steps.push({ mark: '-', line: old[--x] ?? '' });
  }
  return steps.toReversed();
}

function hunksOf(steps: readonly Step[], before: number): string {
  let hunks = '';
  let [oldLine, nowLine, at] = [before + 1, before + 1, 0];
  while (at < steps.length) {
    const end = endOfHunk(steps, at);
    const [from, to] = trimmed(steps, at, end);
    const skipped = from - at;
    const hunk = steps.slice(from, to);
    const [olds, nows] = [countOf(hunk, '+'), countOf(hunk, '-')];
    if (hunk.some(({ mark }) => mark !== ' ')) {
      hunks += `@@ -${rangeOf(oldLine + skipped, olds)} +${rangeOf(nowLine + skipped, nows)} @@\n`;
      hunks += hunk.map(({ mark, line }) => `${mark}${line}\n`).join('');
    }
    const all = steps.slice(at, end);
    oldLine += countOf(all, '+');
    nowLine += countOf(all, '-');
    at = end;
  }
  return hunks;
}

// `@@ -0,0`: before the first line.
function rangeOf(line: number, count: number): string {
  return `${count === 0 ? line - 1 : line},${count}`;
}

function countOf(steps: readonly Step[], without: '+' | '-'): number {
  return steps.filter(({ mark }) => mark !== without).length;
}

// Changes with no more than twice the context between them are told together.
function endOfHunk(steps: readonly Step[], start: number): number {
  let equal = 0;
  let hasChange = false;
  for (let at = start; at < steps.length; at++) {
    if (steps[at]?.mark !== ' ') {
      hasChange = true;
      equal = 0;
    } else if (++equal > 2 * CONTEXT && hasChange) return at - CONTEXT;
  }
  return steps.length;
}

function trimmed(steps: readonly Step[], start: number, end: number): readonly [number, number] {
  const first = steps.findIndex(({ mark }, at) => at >= start && at < end && mark !== ' ');
  if (first < 0) return [start, end];
  const last = steps.findLastIndex(({ mark }, at) => at < end && mark !== ' ');
  return [Math.max(start, first - CONTEXT), Math.min(end, last + 1 + CONTEXT)];
}
