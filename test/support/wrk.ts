// wrk, and what it counted.

export type WrkResult = { requests: number; socketErrors: number; badStatuses: number };

/** Loads a URL for some seconds. */
export async function wrk(url: string, options: { connections: number; seconds: number }): Promise<WrkResult> {
  const words = ['-t1', `-c${options.connections}`, `-d${options.seconds}`, '--timeout', '10', url];
  const child = Bun.spawn(['wrk', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(child.stdout).text();
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return {
    requests: number(/(\d+) requests in/),
    socketErrors: (socket ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0),
    badStatuses: number(/Non-2xx or 3xx responses: (\d+)/),
  };
}
