// Parses the bytes that a client has received, with the reference parser.
import { type ResponseMessage, parseResponse } from '../support/reference-parser.ts';

export type Transcript = {
  readonly finals: readonly FinalResponse[];
  /** A 101 has come: `rest` belongs to the tunnel. */
  readonly isSwitched: boolean;
  /** The bytes after the last complete response. */
  readonly rest: string;
  /** Why the rest is not valid HTTP; null: it is, or it is empty. */
  readonly invalid: string | null;
};

export type FinalResponse = ResponseMessage & { readonly interim: readonly ResponseMessage[] };

/** Reads responses to requests with these methods; further responses are taken for answers to GET. */
export function readTranscript(text: string, methods: readonly string[], hasEnded: boolean): Transcript {
  const finals: FinalResponse[] = [];
  let interim: ResponseMessage[] = [];
  let rest = text;
  while (rest !== '') {
    const parsed = parseResponse(rest, methods[finals.length] ?? 'GET', hasEnded);
    if (parsed.kind === 'invalid') return { finals, isSwitched: false, rest, invalid: parsed.reason };
    if (parsed.kind === 'incomplete') break;
    rest = parsed.rest;
    if (parsed.message.status === 101) {
      return { finals: [...finals, { ...parsed.message, interim }], isSwitched: true, rest, invalid: null };
    }
    if (parsed.message.status < 200) interim.push(parsed.message);
    else {
      finals.push({ ...parsed.message, interim });
      interim = [];
    }
  }
  return { finals, isSwitched: false, rest, invalid: null };
}

/** True if the text has a status line with this status. */
export function hasStatus(text: string, status: number): boolean {
  return new RegExp(`(^|\\r\\n)HTTP/1\\.1 ${status}[ \\r]`).test(text);
}
