// The phases of an exchange: one table, walked.
import { describe, expect, test } from 'bun:test';
import { ANSWERING, LEAVING, OVER, PHASE_NAMES, type Phase, mayFollow } from '../../src/forward/phases.ts';

const PHASES = Array.from(PHASE_NAMES, (_, at) => at as Phase);

function reachableFrom(start: Phase): ReadonlySet<Phase> {
  const reached = new Set<Phase>();
  const walk = (from: Phase): void => {
    for (const to of PHASES) {
      if (!mayFollow(from, to) || reached.has(to)) continue;
      reached.add(to);
      walk(to);
    }
  };
  walk(start);
  return reached;
}

describe('the phases of an exchange', () => {
  test('are all reached from its beginning, and all lead to its end', () => {
    expect(reachableFrom(OVER).size).toBe(PHASES.length);
    for (const phase of PHASES) expect(reachableFrom(phase).has(OVER)).toBe(true);
  });

  test('let the client go away at any time', () => {
    for (const phase of PHASES) expect(mayFollow(phase, OVER)).toBe(phase !== OVER);
  });

  test('lead to a last answer from wherever there was none', () => {
    for (const phase of PHASES) expect(mayFollow(phase, LEAVING)).toBe(phase !== OVER && phase !== LEAVING);
  });

  test('never go back from an answer that has begun', () => {
    const begun = PHASES.filter((phase) => ['responding', 'tunnel', 'leaving'].includes(PHASE_NAMES[phase]));
    for (const from of begun)
      for (const to of PHASES.filter((phase) => mayFollow(from, phase)))
        expect(PHASE_NAMES[from] === 'responding' ? [ANSWERING, LEAVING, OVER] : [LEAVING, OVER]).toContain(to);
  });
});
