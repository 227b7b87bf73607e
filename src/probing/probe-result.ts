// A result that several checks make.
import type { ProbeResult } from './contract.ts';

/** A probe that got no answer, and why. */
export function failedProbe(detail: string): ProbeResult {
  return { passed: false, detail, status: null, excerpt: null, advice: null };
}
