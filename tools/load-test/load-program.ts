// Runs a load generator. Every generator prints lines `tick N MS` while it runs, and `result {…}` at its end.
import { z } from 'zod';
import { type Result, err, ok } from '../../src/core/result.ts';

const count = z.number().int().nonnegative();

const loadResult = z.object({
  /** Requests that were answered, with whatever status. */
  requests: count,
  bytes: count,
  duration_us: count,
  latency_us: z.object({ mean: count, p50: count, p90: count, p99: count, p999: count, max: count }),
  /** How often each status came. */
  statuses: z.record(z.string().regex(/^\d{3}$/), count),
  /** Requests that were never answered, or too late. */
  errors: z.object({ connect: count, read: count, write: count, timeout: count }),
});

/** What a load generator counted. */
export type LoadResult = z.output<typeof loadResult>;

/** How the caller follows and ends a run. */
export type RunControl = {
  /** `requests` were answered in the latest `during` milliseconds. */
  readonly onTick: (requests: number, during: number) => void;
  /** Ends the load at once; its counts are lost. */
  readonly signal: AbortSignal;
};

const LONGEST_COMPLAINT = 500;

/** Runs a generator to its end. The error is one line for people. */
export async function runLoadProgram(
  command: readonly string[],
  control: RunControl,
): Promise<Result<LoadResult, string>> {
  if (control.signal.aborted) return err('the load was stopped');
  const child = Bun.spawn([...command], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const kill = (): void => child.kill('SIGKILL');
  // The second Ctrl-C ends this process at once, and the load with it.
  process.on('exit', kill);
  control.signal.addEventListener('abort', kill);
  try {
    const [result, complaint] = await Promise.all([
      readLines(child.stdout, control.onTick),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (control.signal.aborted) return err('the load was stopped');
    return result.found ?? err(lastLine(complaint) ?? lastLine(result.rest) ?? 'the load generator said nothing');
  } finally {
    process.off('exit', kill);
    control.signal.removeEventListener('abort', kill);
  }
}

type Reading = { readonly found: Result<LoadResult, string> | null; readonly rest: string };

async function readLines(output: ReadableStream<Uint8Array>, onTick: RunControl['onTick']): Promise<Reading> {
  const decoder = new TextDecoder();
  let found: Reading['found'] = null;
  let rest = '';
  let unread = '';
  for await (const chunk of output) {
    const lines = (unread + decoder.decode(chunk, { stream: true })).split('\n');
    unread = lines.pop() ?? '';
    for (const line of lines) {
      const tick = /^tick (\d+) (\d+)$/.exec(line);
      if (tick !== null) onTick(Number(tick[1]), Number(tick[2]));
      else if (line.startsWith('result ')) found = parseResult(line.slice('result '.length));
      else rest = `${rest}${line}\n`.slice(-LONGEST_COMPLAINT);
    }
  }
  return { found, rest: rest + unread };
}

function parseResult(text: string): Result<LoadResult, string> {
  const parsed = loadResult.safeParse(JSON.parse(text));
  return parsed.success ? ok(parsed.data) : err(`the load generator's result is not understood: ${text}`);
}

function lastLine(text: string): string | null {
  return text.trim().slice(-LONGEST_COMPLAINT).split('\n').at(-1) || null;
}
