// A client over HTTP/2 by node:http2, for Node.js and for Bun. Prints what has become of its requests as JSON.
import { connect } from 'node:http2';

const [, , url] = process.argv;
const session = connect(url, { rejectUnauthorized: false });
session.on('error', (error) => console.error(error));

function ask(fields, body = null) {
  return new Promise((resolve) => {
    const stream = session.request(fields, { endStream: body === null });
    const seen = { status: 0, size: 0, trailers: {}, error: null };
    stream.on('response', (head) => {
      seen.status = head[':status'];
    });
    stream.on('trailers', (trailers) => {
      seen.trailers = { ...trailers };
    });
    stream.on('data', (bytes) => {
      seen.size += bytes.length;
    });
    stream.on('error', (error) => {
      seen.error = error.message;
    });
    stream.on('close', () => resolve(seen));
    if (body !== null) stream.end(body);
  });
}

function leave(fields) {
  return new Promise((resolve) => {
    const stream = session.request(fields);
    stream.on('error', () => undefined);
    stream.on('response', () => stream.close(8));
    stream.on('close', () => resolve(undefined));
  });
}

// Bun asks for all at once, however few the gateway lets it.
const many = [];
for (let n = 0; n < 3; n++)
  many.push(...(await Promise.all(Array.from({ length: 100 }, () => ask({ ':path': '/some' })))));
const large = await Promise.all(Array.from({ length: 5 }, () => ask({ ':path': '/large' })));
const body = Buffer.alloc(1_000_000, 'x');
const echoed = await Promise.all(Array.from({ length: 5 }, () => ask({ ':method': 'POST', ':path': '/echo' }, body)));
await leave({ ':path': '/large' });
const after = await ask({ ':path': '/some' });
const good = (all, size) => all.filter((one) => one.status === 200 && one.size === size && one.error === null).length;
console.log(
  JSON.stringify({
    many: good(many, 4),
    large: good(large, 3_000_000),
    echoed: good(echoed, 1_000_000),
    after: after.status,
  }),
);
session.close();
setTimeout(() => process.exit(0), 200);
