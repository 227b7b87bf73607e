// curl, as users use it.

export type CurlAnswer = {
  /** Exit code. */
  code: number;
  /** Statuses of interim responses. */
  interim: number[];
  status: number;
  headers: Headers;
  body: string;
};

/** Runs curl with the given arguments; a response's head and body apart. */
export async function curl(...words: string[]): Promise<CurlAnswer> {
  const child = Bun.spawn(['curl', '--silent', '--include', '--max-time', '10', ...words], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  });
  const [text, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  return { code, ...split(text) };
}

// Interim responses come first; the last head is the response's.
function split(text: string): Omit<CurlAnswer, 'code'> {
  let rest = text;
  const interim: number[] = [];
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { interim, status: 0, headers: new Headers(), body: rest };
    const [line = '', ...fields] = rest.slice(0, end).split('\r\n');
    const status = Number(line.split(' ')[1]);
    rest = rest.slice(end + 4);
    if (status < 200 && status !== 101) {
      interim.push(status);
      continue;
    }
    const pairs = fields.map((field) => [
      field.slice(0, field.indexOf(':')),
      field.slice(field.indexOf(':') + 1).trim(),
    ]);
    return {
      interim,
      status,
      headers: new Headers(pairs.map(([name = '', value = '']) => [name, value] as [string, string])),
      body: rest,
    };
  }
}
