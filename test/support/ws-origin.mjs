// An origin of the npm package `ws` that says everything back, compressed where the client can. The text `close N WHY`
// makes it close the connection. Prints a line for each event, and ends when its standard input does. With the word `h2` its
// WebSockets come over streams of HTTP/2 (RFC 8441), without compression; with `h2-none` it speaks HTTP/2 and has none.
import { createServer } from 'node:http2';
import process from 'node:process';
import { WebSocket, WebSocketServer } from 'ws';

const [mode] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

function serve(socket) {
  socket.on('message', (data, isBinary) => {
    const [, code, reason] = (!isBinary && /^close (\d+) (.*)$/.exec(data.toString())) || [];
    if (code === undefined) socket.send(data, { binary: isBinary });
    else socket.close(Number(code), reason);
  });
  socket.on('close', (code, reason) => say(`closed ${code} ${reason.toString()}`));
}

function overHttp2() {
  const server = createServer({ settings: { enableConnectProtocol: mode === 'h2' } });
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const isTunnel = headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket';
    say(`${headers[':method']} ${headers[':protocol']} ${headers[':path']} ${headers['sec-websocket-key']}`);
    if (!isTunnel || headers[':path'].endsWith('/declined')) {
      stream.respond({ ':status': isTunnel ? 403 : 200 });
      return stream.end('no WebSocket here');
    }
    const asked = headers['sec-websocket-protocol'];
    stream.respond({ ':status': 200, ...(asked === undefined ? {} : { 'sec-websocket-protocol': asked }) });
    const socket = new WebSocket(null, undefined, { autoPong: true, closeTimeout: 30_000 });
    serve(socket);
    socket.setSocket(stream, Buffer.alloc(0), { maxPayload: 0, skipUTF8Validation: false });
  });
  server.listen(0, '127.0.0.1', () => say(`listening ${server.address().port}`));
}

if (mode === undefined) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } });
  server.on('listening', () => say(`listening ${server.address().port}`));
  server.on('connection', serve);
} else overHttp2();
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
