// An origin as a program of its own, so that it can be killed: `program.ts NAME PORT LEAST MOST` (port 0: any).
// Answers with its name after LEAST to MOST milliseconds. Ends when its standard input ends, so that it never outlives the
// program that started it.
import process from 'node:process';

const [name = 'origin', port = '0', least = '0', most = '0'] = process.argv.slice(2);

const fastest = Number(least);
const spread = Number(most) - fastest;

// Ignore Ctrl-C, which reaches every program of the terminal: the program that started the origins ends them, after the last
// request.
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
  if (most !== '0') await Bun.sleep(fastest + Math.random() * spread);
  return new Response(`origin ${name}\n`);
}
