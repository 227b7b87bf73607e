// An origin of the npm package `ws` that says everything back, compressed where the client can. The text `close N WHY`
// makes it close the connection. Prints a line for each event, and ends when its standard input does.
import process from 'node:process';
import { WebSocketServer } from 'ws';

const say = (line) => process.stdout.write(`${line}\n`);

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } });
server.on('listening', () => say(`listening ${server.address().port}`));
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    const [, code, reason] = (!isBinary && /^close (\d+) (.*)$/.exec(data.toString())) || [];
    if (code === undefined) socket.send(data, { binary: isBinary });
    else socket.close(Number(code), reason);
  });
  socket.on('close', (code, reason) => say(`closed ${code} ${reason.toString()}`));
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
