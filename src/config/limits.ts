// Limits for everything that grows from outside, and for every wait, with the reasons for their defaults.
import { z } from 'zod';
import { count, countOrNone, duration, durationOrZero, size, sizeOrNone } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { MAX_HEAD_BYTES } from '../http1/output.ts';
import { defaulted, optional } from '../core/described.ts';

const KIB = 1024;
const MOST = 1_000_000;
const headerBytes = size({ min: bytes(KIB), max: bytes(MAX_HEAD_BYTES) });
const targetBytes = size({ min: bytes(256), max: bytes(64 * KIB) });

const connections = count({ min: 1, max: MOST });
const connectionsOrNone = countOrNone({ min: 1, max: MOST });
const bodyRate = size({ min: bytes(0), max: bytes(KIB * KIB) });
const unsentBytes = size({ min: bytes(4 * KIB), max: bytes(KIB * KIB * KIB) });
const droppedBody = size({ min: bytes(0), max: bytes(KIB * KIB * KIB) });
const bufferedBytes = size({ min: bytes(64 * KIB), max: bytes(KIB * KIB * KIB) });
const frames = count({ min: 1, max: MOST });
const keepAliveRequests = countOrNone({ min: 1, max: MOST });

export const limits = z.strictObject({
  header_bytes: defaulted(headerBytes, 'Size of the head of a request or response: start line and header.', {
    value: '32KiB',
    reason: 'as much as nginx takes and twice what Node.js takes; every connection may hold as much in memory.',
  }),
  header_count: defaulted(count({ min: 1, max: 10_000 }), 'Number of fields in the header of a request or response.', {
    value: 100,
    reason: 'real clients and origins send fewer than 50; more is an attack or a mistake.',
  }),
  target_bytes: defaulted(targetBytes, 'Length of the target of a request: its path and query.', {
    value: '8KiB',
    reason: 'what other servers accept, and more than browsers usually send.',
  }),
  body_bytes: defaulted(sizeOrNone, 'Size of the body of a request. A tenant may override it.', {
    value: 'none',
    reason:
      'bodies pass through in parts, so that their size costs no memory here; only the origin knows what it accepts.',
  }),
  memory: defaulted(
    sizeOrNone,
    'Memory that each process that serves may use. Near it less is done, and then tenants above their share are refused: `overload` says when.',
    {
      value: 'none',
      reason: 'only the operator knows what else the machine is for.',
    },
  ),
  buffered_bytes: defaulted(
    bufferedBytes,
    'Bytes of request bodies that the gateway keeps for each tenant: to send them again, to read them first, or because a policy reads them. Beyond it bodies are not kept, so that a request that fails is not repeated, and one whose body has to be kept is answered 503. A tenant may override it.',
    {
      value: '64MiB',
      reason: 'a thousand bodies of 64 KiB at a time; more takes the memory of all tenants.',
    },
  ),
  connections: defaulted(
    connections,
    'Connections from clients that each listener may have at a time; further ones are closed at once.',
    {
      value: 10_000,
      reason: 'bounds memory and open files; both have to grow with it.',
    },
  ),
  connections_per_client: defaulted(
    connectionsOrNone,
    'Of these, from one client: an IPv4 address, or an IPv6 network of 64 bits.',
    {
      value: 'none',
      reason: 'many people may share an address; set a limit where they do not.',
    },
  ),
  handshakes: defaulted(
    connections,
    'TLS handshakes that each listener may have under way at a time. A further client takes the place of the oldest one whose client has said nothing for 250 ms, or else of the oldest one.',
    {
      value: 1000,
      reason:
        'a client needs less than a second for its handshake, and a core can do some 3,000 in one: more at a time are hardly clients.',
    },
  ),
  min_body_rate: defaulted(
    bodyRate,
    'Bytes of a request body that a client must send in a second, on average after the first 5 s, while half of the connections of its listener or half of the places at the backends of its tenant are taken. Otherwise only `timeouts.idle` ends a slow body.',
    {
      value: '240B',
      reason:
        'slower than any modem. Where there is room, log shippers and terminals may send a few bytes now and then for hours.',
    },
  ),
  min_response_rate: defaulted(
    bodyRate,
    'Bytes of a response that a client must read in a second while more is ready for it, on average after the first 5 s; on Linux.',
    {
      value: '240B',
      reason: 'slower than any modem; a client that reads slower holds a place at a backend meanwhile.',
    },
  ),
  unsent_bytes: defaulted(
    unsentBytes,
    'How many bytes may wait in the kernel to be sent to a client before the gateway stops reading from the backend; on Linux (`TCP_NOTSENT_LOWAT`).',
    {
      value: '1MiB',
      reason:
        'a shorter response frees its backend at once, however slowly the client reads; of a longer one the kernel would otherwise keep several MiB for each client.',
    },
  ),
  dropped_body: defaulted(
    droppedBody,
    'How much of a request body is read and dropped after an answer that did not wait for it, so that the connection can be used again; where more is left or its length is not known, the connection is closed. Over HTTP/2 it is 64 KiB at most; of what has more only the stream is reset.',
    {
      value: '256KiB',
      reason:
        'so much is on its way already when a request is refused, and costs less than the new connection of a client that comes again.',
    },
  ),
  keep_alive_requests: defaulted(keepAliveRequests, 'Requests on one connection from a client.', {
    value: 'none',
    reason: 'a new connection costs both sides more than an old one does.',
  }),
  h2_streams: defaulted(
    count({ min: 1, max: 10_000 }),
    'Requests that a client may have under way at a time on one connection over HTTP/2; further ones are refused in a way that clients repeat.',
    {
      value: 100,
      reason:
        'the least that RFC 9113 recommends; browsers load a page with it, and each may hold a place at a backend.',
    },
  ),
  h2_header_bytes: defaulted(
    size({ min: bytes(4 * KIB), max: bytes(MAX_HEAD_BYTES) }),
    'Size of a header block over HTTP/2 as it travels; a larger one ends the connection. It is `header_bytes` at least, which is how long a header may be that it brings.',
    {
      value: '64KiB',
      reason: 'twice `header_bytes`, so that most clients whose header is too long learn it from an answer (431).',
    },
  ),
  h2_continuations: defaulted(frames, 'CONTINUATION frames of one header block; more end the connection.', {
    value: 16,
    reason:
      'two are enough for the largest block; without an end they would cost work and never make a request (CVE-2024-27316).',
  }),
  h2_resets: defaulted(
    frames,
    'Requests over HTTP/2 that a client may break off in 10 s on one connection, or that are malformed, beyond as many as it lets come to their end; more end the connection.',
    {
      value: 200,
      reason:
        'a browser that leaves two pages in a row breaks off so many; each may have asked a backend by then (CVE-2023-44487).',
    },
  ),
  h2_pings: defaulted(frames, 'PING frames in 10 s on one connection; more end the connection.', {
    value: 200,
    reason:
      'clients send a few to measure the way, and one with each burst of data; each must be answered (CVE-2019-9512).',
  }),
  h2_settings: defaulted(frames, 'SETTINGS frames in 10 s on one connection; more end the connection.', {
    value: 50,
    reason: 'one begins a connection, and few clients change them later; each must be answered (CVE-2019-9515).',
  }),
  h2_empty_frames: defaulted(
    frames,
    'DATA frames without a byte of data in 10 s on one connection; more end the connection.',
    { value: 100, reason: 'nobody needs any but at the end of a body (CVE-2019-9518).' },
  ),
  h2_window_updates: defaulted(
    frames,
    'WINDOW_UPDATE frames in 10 s on one connection, beyond ten for each frame of data that it gets; more end the connection.',
    { value: 1000, reason: 'some clients send four for each frame of data, and some of them late.' },
  ),
  h2_other_frames: defaulted(
    frames,
    'Frames in 10 s on one connection that set priorities, or have a type that is not known; more end the connection.',
    { value: 1000, reason: 'browsers say anew how urgent their images are whenever a page is scrolled.' },
  ),
  idle_connections: defaulted(
    count({ min: 0, max: MOST }),
    'Idle connections kept to backends, all backends together.',
    {
      value: 100,
      reason: 'as in the original.',
    },
  ),
  cache_memory: defaulted(
    size({ min: bytes(KIB * KIB), max: bytes(1024 * KIB * KIB * KIB) }),
    'What the `cache` policies of all tenants may keep in memory together, in all processes. Where it is full, the one that keeps most lets go of what was not asked for the longest.',
    {
      value: '256MiB',
      reason: 'a part of the memory of a small machine, and four times what one such policy may have by default.',
    },
  ),
});

export const timeouts = z.strictObject({
  handshake: defaulted(duration, 'From the moment a connection is accepted to the end of its TLS handshake.', {
    value: '10s',
    reason:
      'a slow phone on a bad line needs two or three; a client that sends nothing loses its connection after this time.',
  }),
  header: defaulted(duration, 'From the first byte of a request to the end of its header.', {
    value: '10s',
    reason: 'even a slow phone needs less; a client that drips bytes loses its connection after this time.',
  }),
  keep_alive: defaulted(duration, 'How long a connection of a client may wait for its next request.', {
    value: '75s',
    reason:
      'longer than the 60 s that most load balancers keep theirs, so that they close first and no request is lost.',
  }),
  connect: defaulted(
    duration,
    'How long a connection to a backend may take to open, TLS included. A tenant may override it.',
    {
      value: '3s',
      reason:
        'one lost SYN is sent again after 1 s and a second one after 3 s; another backend answers sooner than that.',
    },
  ),
  first_byte: defaulted(
    duration,
    'From the end of a request to the first byte of the response. A tenant may override it.',
    {
      value: '60s',
      reason:
        'long polls wait 30 s, reports and language models longer. A backend that is dead is found much sooner, by its check and by its silence.',
    },
  ),
  idle: defaulted(
    duration,
    'How long an exchange may go without a byte of a body in either direction. A tenant may override it.',
    {
      value: '60s',
      reason: 'longer than the pauses of healthy streams, which send something every 15 to 30 s.',
    },
  ),
  exchange: defaulted(
    duration,
    'How long a request may wait for its response to begin, over all attempts and queueing. It never cuts a body that flows. A tenant may override it.',
    { value: '90s', reason: '`first_byte` after some time to find a backend; by then most clients have given up.' },
  ),
  queue: defaulted(duration, 'How long a request may wait for a backend that has room. A tenant may override it.', {
    value: '1s',
    reason: 'long enough for a burst to pass, and short enough that the client can still do something else.',
  }),
  tunnel_idle: defaulted(
    duration,
    'How long an upgraded connection, such as a WebSocket, may go without a byte. A tenant may override it.',
    {
      value: '10m',
      reason: 'people pause for minutes; programs that keep such a connection open ping more often than that.',
    },
  ),
  removed: defaulted(
    duration,
    'How long requests and upgraded connections may go on at a backend that a reload has removed, alone or with its tenant, or whose address it has changed; then they are cut off. A tenant may override it.',
    {
      value: '10m',
      reason:
        'long enough for a download to end and for people to reload a page; without a limit a WebSocket to a tenant that is gone lasts as long as its client likes.',
    },
  ),
  shutdown: defaulted(duration, 'How long exchanges may go on after the gateway was told to end.', {
    value: '10s',
    reason: 'as in the original; service managers kill after 10 to 90 s.',
  }),
  shutdown_delay: defaulted(
    durationOrZero,
    'How long the gateway goes on to let clients in after it was told to end, while `GET /health/ready` says that it is not ready and every answer ends its connection. `shutdown` begins afterwards.',
    {
      value: 0,
      reason:
        'nothing waits for it unless something in front of the gateway has to notice first, such as a Kubernetes service or a load balancer: then some seconds longer than that takes.',
    },
  ),
  tunnel_shutdown: optional(
    duration,
    'How long upgraded connections, such as WebSockets, may go on then. Both ends of a WebSocket are told that the gateway goes away (close frame 1001). Absent: as long as `shutdown`.',
  ),
  upgrade: defaulted(
    duration,
    'How long exchanges and WebSockets may go on in the process whose place another one has taken (`keystone upgrade`).',
    {
      value: '10m',
      reason: 'nobody waits for the end of the old process; each costs its memory until then.',
    },
  ),
});

const own = (key: string) => `Overrides \`timeouts.${key}\` for this tenant.`;
const here = (key: string) => `Overrides \`${key}\` for this listener.`;

// A listener may override what concerns a client's connection before the tenant is known; tenants may override the rest.
export const listenerLimits = z.strictObject({
  header_bytes: optional(headerBytes, 'Overrides `limits.header_bytes` for requests to this listener.'),
  connections: optional(connections, here('limits.connections')),
  connections_per_client: optional(connectionsOrNone, here('limits.connections_per_client')),
  handshakes: optional(connections, here('limits.handshakes')),
  min_body_rate: optional(bodyRate, here('limits.min_body_rate')),
  min_response_rate: optional(bodyRate, here('limits.min_response_rate')),
  unsent_bytes: optional(unsentBytes, here('limits.unsent_bytes')),
  dropped_body: optional(droppedBody, here('limits.dropped_body')),
  keep_alive_requests: optional(keepAliveRequests, here('limits.keep_alive_requests')),
});

export const listenerTimeouts = z.strictObject({
  handshake: optional(duration, here('timeouts.handshake')),
  header: optional(duration, here('timeouts.header')),
  keep_alive: optional(duration, here('timeouts.keep_alive')),
});

export const tenantTimeouts = z.strictObject({
  connect: optional(duration, own('connect')),
  first_byte: optional(duration, own('first_byte')),
  idle: optional(duration, own('idle')),
  exchange: optional(duration, own('exchange')),
  queue: optional(duration, own('queue')),
  tunnel_idle: optional(duration, own('tunnel_idle')),
  removed: optional(duration, own('removed')),
});

const TOGETHER = 'All of its pools and routes and all processes together.';

export const tenantLimits = z.strictObject({
  body_bytes: optional(sizeOrNone, 'Overrides `limits.body_bytes` for this tenant.'),
  requests_in_flight: optional(
    count({ min: 1, max: MOST }),
    `Requests of the tenant that the gateway serves at a time; a further one is answered 503. ${TOGETHER} Absent: no limit.`,
  ),
  connections: optional(
    connections,
    `Connections from clients that the tenant may have at a time, each counted from its first request to the tenant; what comes over a further one is answered 503, and the connection closed. ${TOGETHER} Absent: no limit.`,
  ),
  request_rate: optional(
    count({ min: 1, max: MOST }),
    `Requests of the tenant in a second; a further one is answered 429. Those of one second may come at once. ${TOGETHER} Absent: no limit.`,
  ),
  bandwidth: optional(
    size({ min: bytes(16 * KIB), max: bytes(KIB * KIB * KIB) }),
    `Bytes of bodies that pass in a second, requests, responses and WebSockets together. Beyond it they are read more slowly, and new requests wait, for \`timeouts.queue\` at most; then they are answered 503. ${TOGETHER} Absent: no limit.`,
  ),
  buffered_bytes: optional(bufferedBytes, 'Overrides `limits.buffered_bytes` for this tenant.'),
});
