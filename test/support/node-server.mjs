// The content of content.ts, served by node:http. Ends when its standard input does.
import { createServer } from 'node:http';
import process from 'node:process';

const large = 'Keystone '.repeat(12_000).slice(0, 102_400);

const server = createServer((request, response) => {
  switch (request.url ?? '') {
    case '/hello':
      return sendHello(request, response);
    case '/large':
      return response.writeHead(200, { 'Content-Type': 'text/plain' }).end(large);
    case '/nothing':
      return response.writeHead(204).end();
    case '/echo':
      return sendBack(request, response);
    default:
      return response.writeHead(404).end();
  }
});

function sendHello(request, response) {
  const headers = { 'Content-Type': 'text/plain', ETag: '"1"' };
  if (request.headers['if-none-match'] === '"1"') response.writeHead(304, headers).end();
  else response.writeHead(200, { ...headers, 'Content-Length': 6 }).end('hello\n');
}

function sendBack(request, response) {
  const length = request.headers['content-length'];
  response.writeHead(200, length === undefined ? {} : { 'Content-Length': length });
  request.pipe(response);
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${server.address().port}\n`));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
