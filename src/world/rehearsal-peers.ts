// The two peers of a rehearsal: a server that gives one answer to everything, and a client that asks for it.

/** A server on a port that the system chooses. */
export type Origin = { readonly port: number; readonly close: () => void };

const ONLY_HERE = '127.0.0.1';
const BODY = 'rehearsed';
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const QUESTION =
  'GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: rehearsal\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n';

/** Answers whatever is sent. Throws where this system has no such address. */
export function answerAlways(): Origin {
  const server = Bun.listen({ hostname: ONLY_HERE, port: 0, socket: { data: answer } });
  return { port: server.port, close: () => server.stop(true) };
}

function answer(socket: Bun.Socket): void {
  socket.write(ANSWER);
}

/** Asks so many times over one connection, each time when the answer has come. Resolves when that connection has ended. */
export async function askAgain(port: number, times: number): Promise<void> {
  const ended = Promise.withResolvers<void>();
  let left = times;
  const ask = (socket: Bun.Socket): void => {
    if (left-- > 0) socket.write(QUESTION);
    else socket.end();
  };
  const end = (): void => ended.resolve();
  const socket = { open: ask, data: ask, close: end, error: end };
  await Bun.connect({ hostname: ONLY_HERE, port, socket });
  await ended.promise;
}
