// Whether what came back is what must become of a case.
import type { H2Case, Outcome } from './case.ts';
import type { H2Client } from './h2-client.ts';

/** What is wrong; null: nothing. */
export async function judge(client: H2Client, { outcome, check }: H2Case): Promise<string | null> {
  return (await problemOf(client, outcome)) ?? check?.(client) ?? null;
}

async function problemOf(client: H2Client, outcome: Outcome): Promise<string | null> {
  switch (outcome.kind) {
    case 'answer': {
      const seen = client.stream(outcome.stream);
      await client.until(() => seen.isEnded || seen.reset !== null);
      if (seen.reset !== null) return `the stream was reset with ${seen.reset}`;
      if (!seen.isEnded) return `no whole answer; ${story(client)}`;
      if (seen.statuses.at(-1) !== outcome.status) return `the status is ${seen.statuses.join(', ')}: ${seen.body}`;
      return await isAlive(client);
    }
    case 'reset': {
      const seen = client.stream(outcome.stream);
      await client.until(() => seen.reset !== null || seen.isEnded);
      if (seen.reset === null) return `the stream was not reset; ${story(client)}`;
      if (!outcome.codes.includes(seen.reset)) return `the stream was reset with ${seen.reset}`;
      return await isAlive(client);
    }
    case 'end': {
      await client.until(() => client.isClosed);
      const [code] = client.goAways;
      if (code === undefined) return `no GOAWAY; ${story(client)}`;
      if (!outcome.codes.includes(code)) return `GOAWAY says ${code}`;
      return client.isClosed ? null : 'the connection was not closed';
    }
    case 'goes on':
      return await isAlive(client);
    case 'refused': {
      const seen = client.stream(outcome.stream);
      await client.until(() => seen.isEnded || seen.reset !== null || client.isClosed);
      const status = seen.statuses.at(-1) ?? 0;
      return seen.reset !== null || client.isClosed || status >= 400 ? null : `it was served: ${story(client)}`;
    }
  }
}

async function isAlive(client: H2Client): Promise<string | null> {
  const isAnswered = await client.ping();
  if (client.goAways.length > 0) return `GOAWAY says ${client.goAways[0]}`;
  return isAnswered ? null : `no answer to PING; ${story(client)}`;
}

function story({ streams, goAways, isClosed }: H2Client): string {
  const told = Array.from(streams, ([id, { statuses, isEnded, reset, dataBytes }]) =>
    JSON.stringify({ id, statuses, isEnded, reset, dataBytes }),
  );
  return `streams ${told.join(' ')}, GOAWAY ${goAways.join(' ')}, ${isClosed ? 'closed' : 'open'}`;
}
