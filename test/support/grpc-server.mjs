// A gRPC server of the npm package `@grpc/grpc-js` with the standard health service. The line `set STATUS SERVICE` says
// how a service is. Words: `plain`, `bare` (no health service), or `tls CERTIFICATE KEY`. Prints a line for each call, and
// ends when its standard input does.
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

const [mode, certificate, key] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);
const keep = (bytes) => bytes;
const codec = {
  requestSerialize: keep,
  requestDeserialize: keep,
  responseSerialize: keep,
  responseDeserialize: keep,
};
const definition = {
  check: { path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false, ...codec },
};
const statuses = new Map([['', 1]]);

function check(call, answer) {
  const { request, metadata } = call;
  // The one field of a request: its tag, its length, and the name.
  const service = request.subarray(2).toString();
  const [word] = metadata.get('x-key');
  say(`asked for "${service}" at ${call.getHost()} with ${word}`);
  if (service === 'silent') return;
  const health = statuses.get(service);
  if (health === undefined) answer({ code: status.NOT_FOUND, details: `no sérvice for ${word}` });
  else answer(null, Buffer.of(8, health));
}

const server = new Server();
if (mode !== 'bare') server.addService(definition, { check });

function credentials() {
  if (mode !== 'tls') return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(null, [{ cert_chain: readFileSync(certificate), private_key: readFileSync(key) }]);
}

server.bindAsync('127.0.0.1:0', credentials(), (error, port) => {
  if (error !== null) throw error;
  say(`listening ${port}`);
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [, health, service] = /^set (\d+) (.*)$/.exec(line);
    statuses.set(service, Number(health));
  })
  .on('close', () => process.exit(0));
