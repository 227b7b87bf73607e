// Runs h2load over HTTP/1.1, and reads its counts.

export type H2loadResult = { succeeded: number; failed: number; statuses: string };

/** Asks for a URL a number of times. */
export async function h2load(url: string, options: { requests: number; connections: number }): Promise<H2loadResult> {
  const words = ['--h1', `-n${options.requests}`, `-c${options.connections}`, '-t1', url];
  const child = Bun.spawn(['h2load', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(child.stdout).text();
  const counted = /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(text);
  const [succeeded = 0, ...failures] = (counted ?? []).slice(1).map(Number);
  const statuses = /status codes: (.*)/.exec(text)?.[1] ?? '';
  return { succeeded, failed: failures.reduce((sum, count) => sum + count, 0), statuses };
}
