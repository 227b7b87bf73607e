// What a case of HTTP/2 sends, and what must become of it.
import type { H2Client } from './h2-client.ts';

export type Outcome =
  /** The stream is answered with that status, to its end, and the connection goes on. */
  | { readonly kind: 'answer'; readonly status: number; readonly stream: number }
  /** The stream is reset with one of these codes, and the connection goes on. */
  | { readonly kind: 'reset'; readonly codes: readonly number[]; readonly stream: number }
  /** The connection ends with one of these codes. */
  | { readonly kind: 'end'; readonly codes: readonly number[] }
  /** Nothing is wrong: the connection goes on. */
  | { readonly kind: 'goes on' }
  /** The request is not served: an error, a reset, or the end of the connection. */
  | { readonly kind: 'refused'; readonly stream: number };

export type H2Case = {
  readonly name: string;
  /** The section or advisory that it comes from. */
  readonly source: string;
  /** Sends what it is about; the preface and SETTINGS have been sent, unless it is bare. */
  readonly play: (client: H2Client) => void | Promise<void>;
  readonly outcome: Outcome;
  /** Nothing has been sent before. */
  readonly isBare?: boolean;
  /** What else must hold at the end; the problem, or null. */
  readonly check?: (client: H2Client) => string | null;
};

export type Family = { readonly name: string; readonly cases: readonly H2Case[] };

export const answers = (status = 200, stream = 1): Outcome => ({ kind: 'answer', status, stream });
export const resets = (...codes: readonly number[]): Outcome => ({ kind: 'reset', codes, stream: 1 });
export const ends = (...codes: readonly number[]): Outcome => ({ kind: 'end', codes });
export const goesOn: Outcome = { kind: 'goes on' };
export const refused: Outcome = { kind: 'refused', stream: 1 };

/** The cases of one section. */
export function casesOf(source: string, cases: readonly Omit<H2Case, 'source'>[]): readonly H2Case[] {
  return cases.map((one) => ({ ...one, source }));
}
