// Runs wrk, and reads its counts.

export type WrkResult = {
  requests: number;
  /** Of connecting, reading and writing, and timeouts. */
  socketErrors: number;
  /** Of these, answers that took longer than its limit; what never came it does not count. */
  timeouts: number;
  badStatuses: number;
};

/** A load that goes on until it is ended, or its seconds are over. */
export type WrkLoad = { readonly result: Promise<WrkResult>; end(): Promise<WrkResult> };

/** Loads a URL for some seconds. */
export function wrk(url: string, options: { connections: number; seconds: number }): Promise<WrkResult> {
  return startWrk(url, options).result;
}

/** Begins to load a URL. */
export function startWrk(
  url: string,
  { connections, seconds, header = null }: { connections: number; seconds: number; header?: string | null },
): WrkLoad {
  const more = header === null ? [] : ['-H', header];
  const words = ['-t1', `-c${connections}`, `-d${seconds}`, '--timeout', '10', ...more, url];
  const child = Bun.spawn(['wrk', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const result = new Response(child.stdout).text().then(parse);
  const end = (): Promise<WrkResult> => {
    child.kill('SIGINT'); // it stops then, and reports as usual
    return result;
  };
  return { result, end };
}

function parse(text: string): WrkResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const errors = socket.slice(1).map(Number);
  return {
    requests: number(/(\d+) requests in/),
    socketErrors: errors.reduce((sum, count) => sum + count, 0),
    timeouts: errors[3] ?? 0,
    badStatuses: number(/Non-2xx or 3xx responses: (\d+)/),
  };
}
