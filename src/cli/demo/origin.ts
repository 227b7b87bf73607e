// An origin of the demo, as a program of its own so that it can be killed: `origin.ts NAME PORT` (0: any port).
// Answers with its name after a short while. Ends when its standard input does, so that it never outlives the demo.
const FASTEST = 2;
const SPREAD = 8;

const [name = 'origin', port = '0'] = process.argv.slice(2);

// Ctrl-C reaches every program of the terminal. The demo ends its origins itself, after the last request.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();

process.stdout.write(`${listen()}\n`);

function listen(): string {
  try {
    const server = Bun.serve({ hostname: '127.0.0.1', port: Number(port), fetch: answer });
    return `listening ${server.port}`;
  } catch (error) {
    return `cannot listen: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function answer(request: Request): Promise<Response> {
  if (new URL(request.url).pathname === '/health') return new Response('ok\n');
  await Bun.sleep(FASTEST + Math.random() * SPREAD);
  return new Response(`origin ${name}\n`);
}
