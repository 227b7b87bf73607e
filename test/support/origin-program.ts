// A small origin as a program of its own, so that it can be killed. It ends when its standard input ends.
import process from 'node:process';

const [name = 'origin', port = '0'] = process.argv.slice(2);

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  fetch: () => new Response(`${name}\n`),
});
process.stdout.write(`listening ${server.port}\n`);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
