// Plays one case against a target and records what happens, without judging it.
import type { Pacing } from '../support/pacing.ts';
import { RawClient, type PeerState } from '../support/raw-client.ts';
import type { ClientStep, Expectation, Tunnel, WireCase } from './case.ts';
import { type Transcript, hasStatus, readTranscript } from './transcript.ts';

/** Where a proxy under test listens. */
export type Target = {
  readonly port: number;
  readonly trustingPort: number;
  /** Where clients may close their sending half; absent: everywhere, or nowhere. */
  readonly halfClosePort?: number;
};

export type Play = {
  readonly wireCase: WireCase;
  /** Unique for this play; replaces `{id}` in the case. */
  readonly token: string;
  readonly pacing: Pacing;
  /** Tells the backend that the client has received what it waits for. */
  readonly release: (token: string) => void;
  /** Resolves when the gateway has closed the connections on which the backend answered. */
  readonly backendClosed: (token: string, bound: number) => Promise<unknown>;
};

export type Observation = {
  readonly transcript: Transcript;
  readonly peer: PeerState;
  /** Whether a further, plain request on the connection was answered. */
  readonly probe: 'answered' | 'unanswered' | 'not sent';
  readonly received: string;
};

// Byte by byte a case is a thousand writes and more: on a busy machine they take longer than any answer.
const SENDING_MILLIS = 20_000;
/** How long a client hears nothing before it takes that for silence. */
const ANSWER_MILLIS = 4_000;
const CLOSE_MILLIS = 2_500;
const INTERIM_MILLIS = 2_500;
/** The backend answers requests for paths that end so with `PROBE_BODY`; they are never part of a case. */
export const PROBE_SUFFIX = '/probe';
export const PROBE_BODY = 'probe answered';

/** Plays a case on a connection of its own. */
export async function observe(target: Target, play: Play): Promise<Observation> {
  const { wireCase } = play;
  const client = await RawClient.open(portOf(target, wireCase));
  const sending = sendAll(client, play);
  try {
    return await follow(client, play, sending);
  } finally {
    client[Symbol.dispose](); // ends the sending as well
    await sending;
  }
}

function portOf({ port, trustingPort, halfClosePort = port }: Target, { listener }: WireCase): number {
  if (listener === undefined) return port;
  return listener === 'trusting' ? trustingPort : halfClosePort;
}

async function follow(client: RawClient, play: Play, sending: Promise<void>): Promise<Observation> {
  const { wireCase, token } = play;
  const methods = wireCase.methods ?? methodsOf(wireCase);
  const read = (): Transcript => readTranscript(client.received, methods, client.peer === 'ended');
  const wanted = wantedResponses(wireCase.expect);
  const isAnswered = (): boolean => isDone(read(), wanted, tunnelOf(wireCase.expect));
  const isOver = (): boolean => isAnswered() || client.peer !== 'open';
  await Promise.race([sending, client.until(isOver, SENDING_MILLIS)]);
  await untilSilent(client, isOver);
  await Promise.race([sending, client.until(({ peer }) => peer !== 'open', SENDING_MILLIS)]);
  play.release(token);
  const probe = await endOrProbe(client, { play, read, wanted });
  return { transcript: read(), peer: client.peer, probe, received: client.received };
}

// An answer, too, may come byte by byte.
async function untilSilent(client: RawClient, isOver: () => boolean): Promise<void> {
  for (let heard = -1; !isOver() && client.received.length > heard; ) {
    heard = client.received.length;
    await client.until(isOver, ANSWER_MILLIS);
  }
}

type Reading = { readonly play: Play; readonly read: () => Transcript; readonly wanted: number };

// Waits until a connection that must close has closed; shows by one more request that any other still works.
async function endOrProbe(client: RawClient, reading: Reading): Promise<Observation['probe']> {
  const { wireCase, token } = reading.play;
  const transcript = reading.read();
  if (client.peer !== 'open' || transcript.isSwitched || isStuck(transcript, reading)) return 'not sent';
  if (mustClose(wireCase.expect) || announcesClose(transcript) || hasFinished(wireCase)) {
    await client.until(() => client.peer !== 'open', CLOSE_MILLIS);
    return 'not sent';
  }
  if (wireCase.isAlone === true) await reading.play.backendClosed(token, CLOSE_MILLIS);
  await client.send(`GET /${token}${PROBE_SUFFIX} HTTP/1.1\r\nHost: all.test\r\n\r\n`);
  const isAnswered = (): boolean => reading.read().finals.at(reading.wanted)?.body === PROBE_BODY;
  await client.until(() => isAnswered() || client.peer !== 'open', CLOSE_MILLIS);
  return isAnswered() ? 'answered' : 'unanswered';
}

// True if answers are missing: one more request would only hide what is wrong.
function isStuck(transcript: Transcript, { play, wanted }: Reading): boolean {
  return transcript.finals.length < wanted && !mustClose(play.wireCase.expect);
}

async function sendAll(client: RawClient, play: Play): Promise<void> {
  const { send, expect } = play.wireCase;
  const steps: readonly ClientStep[] = typeof send === 'string' ? [send] : send;
  for (const step of steps) {
    if (typeof step === 'string') await client.send(step.replaceAll('{id}', play.token), play.pacing);
    else if ('awaitStatus' in step) {
      const { awaitStatus } = step;
      await client.until((c) => hasStatus(c.received, awaitStatus) || c.peer !== 'open', INTERIM_MILLIS);
    } else if (step.finish === 'fin') client.endSending();
    else client.reset();
  }
  const tunnel = tunnelOf(expect);
  if (tunnel === null) return;
  await client.until((c) => hasStatus(c.received, 101) || c.peer !== 'open', INTERIM_MILLIS);
  if (hasStatus(client.received, 101)) await client.send(tunnel.send, play.pacing);
}

function isDone(transcript: Transcript, wanted: number, tunnel: Tunnel | null): boolean {
  if (transcript.invalid !== null) return true;
  if (transcript.finals.length < wanted) return false;
  return !transcript.isSwitched || transcript.rest.length >= (tunnel?.receive.length ?? 0);
}

function methodsOf(wireCase: WireCase): string[] {
  const text =
    typeof wireCase.send === 'string' ? wireCase.send : wireCase.send.find((step) => typeof step === 'string');
  return [/^[A-Z]+/.exec(text ?? '')?.[0] ?? 'GET'];
}

function hasFinished(wireCase: WireCase): boolean {
  return (
    typeof wireCase.send !== 'string' && wireCase.send.some((step) => typeof step !== 'string' && 'finish' in step)
  );
}

function announcesClose(transcript: Transcript): boolean {
  const fields = transcript.finals.at(-1)?.fields ?? [];
  return fields.some((field) => field.name.toLowerCase() === 'connection' && /\bclose\b/i.test(field.value));
}

function wantedResponses(expect: Expectation): number {
  switch (expect.kind) {
    case 'forwarded':
      return expect.responses.length;
    case 'any':
      return Math.max(...expect.of.map(wantedResponses));
    case 'refused':
    case 'answered':
    case 'failed':
    case 'cut':
      return 1;
  }
}

function mustClose(expect: Expectation): boolean {
  switch (expect.kind) {
    case 'refused':
      return true;
    case 'answered':
    case 'forwarded':
      return expect.persists === false;
    case 'failed':
    case 'cut':
      return false;
    case 'any':
      return expect.of.every(mustClose);
  }
}

function tunnelOf(expect: Expectation): Tunnel | null {
  if (expect.kind === 'any') return expect.of.map(tunnelOf).find((tunnel) => tunnel !== null) ?? null;
  return expect.kind === 'forwarded' ? (expect.tunnel ?? null) : null;
}
