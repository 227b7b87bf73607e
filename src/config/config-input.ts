// What a program may give as a configuration. Generated from the schema by scripts/generate.ts.

/** A text with the value of an environment variable or a file: `${NAME}`, `${NAME:-default}`, `${file:/path}`. */
export type Reference = `${string}\${${string}}${string}`;

type Space = '' | ' ';

/** A length of time: a number counts seconds. */
export type Duration = number | `${number}${Space}${'ms' | 's' | 'm' | 'h' | 'd'}` | `${number}` | Reference;

/** A size: a number counts bytes. */
export type Size =
  | number
  | `${number}${Space}${'B' | 'KiB' | 'MiB' | 'GiB' | 'KB' | 'MB' | 'GB'}`
  | `${number}`
  | Reference;

/** A part of a whole: a number from 0 to 1, or a percentage. */
export type Share = number | `${number}${Space}%` | `${number}` | Reference;

/** A whole number. */
export type Count = number | `${number}` | Reference;

export type Flag = boolean | 'true' | 'false' | Reference;

/** An address that clients connect to. */
export type ListenerInput = {
  /** Its name, unique among the listeners, by which tenants say that they are served on it alone (`listeners` of a tenant). */
  readonly name?: string;
  /** HOST:PORT; without a host, every address of the machine. */
  readonly address: string;
  /** Whether it speaks TLS, with the certificate of `tls`.
   * Default: false, because plain listeners need no certificate. */
  readonly tls?: Flag;
  /** Whether every connection begins with a PROXY protocol header, version 1 or 2. What it says of the client counts where it comes from one of `trusted_proxies`; for any other peer its own address counts, unless `{ from: any }` says that every peer is believed. With `tls` it comes before the handshake.
   * Default: false, because a client that can send such a header can claim any address. */
  readonly proxy_protocol?:
    | Flag
    | {
        readonly from: 'trusted' | 'any' | Reference;
      };
  /** Whether a client that has closed only its sending half (`nc -N`, `socat`) still gets the responses that it waits for. Not together with `tls`, where nobody does this to ask for something.
   * Default: false, because a client that closes its connection while it waits has nearly always gone, and its request would hold a place at a backend in vain; nginx, Node.js and Go read it in the same way. */
  readonly half_close?: Flag;
  /** Whether it answers every request for a tenant with a redirect to the same address by https: `true`, or a port where that is not 443. `/.well-known/acme-challenge/` is served all the same, and so is what a trusted proxy says came by https. Not together with `tls`.
   * Default: false, because a site without TLS is not to be lost. */
  readonly redirect_to_https?: Flag;
  /** Whether clients may speak HTTP/2 where it speaks TLS: they choose it in the handshake (ALPN), and all others get HTTP/1.1.
   * Default: true, because every browser asks for it, and many requests share one connection. */
  readonly http2?: Flag;
  /** Whether plain clients may speak HTTP/2 from their first byte (prior knowledge, RFC 9113 3.3), as gRPC clients do without TLS. HTTP/1.1 is served beside it. Not together with `tls`.
   * Default: false, because no browser does this; only programs that were told to. */
  readonly h2c?: Flag;
  /** Where the listener differs from `limits`. */
  readonly limits?: {
    /** Overrides `limits.header_bytes` for requests to this listener. */
    readonly header_bytes?: Size;
    /** Overrides `limits.connections` for this listener. */
    readonly connections?: Count;
    /** Overrides `limits.connections_per_client` for this listener. */
    readonly connections_per_client?: Count | 'none';
    /** Overrides `limits.handshakes` for this listener. */
    readonly handshakes?: Count;
    /** Overrides `limits.min_body_rate` for this listener. */
    readonly min_body_rate?: Size;
    /** Overrides `limits.min_response_rate` for this listener. */
    readonly min_response_rate?: Size;
    /** Overrides `limits.unsent_bytes` for this listener. */
    readonly unsent_bytes?: Size;
    /** Overrides `limits.dropped_body` for this listener. */
    readonly dropped_body?: Size;
    /** Overrides `limits.keep_alive_requests` for this listener. */
    readonly keep_alive_requests?: Count | 'none';
  };
  /** Where the listener differs from `timeouts`. */
  readonly timeouts?: {
    /** Overrides `timeouts.handshake` for this listener. */
    readonly handshake?: Duration;
    /** Overrides `timeouts.header` for this listener. */
    readonly header?: Duration;
    /** Overrides `timeouts.keep_alive` for this listener. */
    readonly keep_alive?: Duration;
  };
};

/** How backends are probed. */
export type HealthCheckInput =
  | {
      /** An HTTP request for a path; status, header and body of the response decide. Redirects are not followed. With `X-Keystone-Weight: 50%` a backend asks for that part of its weight, with 0% for no new requests; with `Retry-After` on a 503 it says when to ask again. */
      readonly type?: 'http';
      /** Path that a probe asks for, for every backend whose service has no `health` of its own. Absent: only services with a `health` are checked. */
      readonly path?: string;
      /** Method of a probe.
       * Default: "GET", because every origin answers GET; HEAD spares the body where it is supported. */
      readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | Reference;
      /** The Host that a probe asks for, and its name in TLS. Absent: the host that the probe goes to. */
      readonly host?: string;
      /** Fields to send with a probe; their values are never shown. `User-Agent`, `Accept` and `Authorization` replace those of the gateway. */
      readonly headers?: Readonly<Record<string, string>>;
      /** Body of a probe; it is never shown. Absent: none. Set its media type in `headers`. */
      readonly body?: string;
      /** Statuses that count as a success. Redirects are not followed.
       * Default: ["200-299"], because as in the original; a redirect more often means a misconfigured origin than a healthy one. */
      readonly expect_status?: number | string | readonly (number | string)[];
      /** Fields that a response must have, all of them. Without `contains` and `matches`, any value is accepted. Several fields of one name are joined by commas.
       * Default: [], because the status is enough for most origins. */
      readonly expect_header?: readonly {
        /** Name of the field, in any case. */
        readonly name: string;
        /** A text that must be in it, with the same case. */
        readonly contains?: string;
        /** A regular expression of JavaScript that must match somewhere in it; `^` and `$` are its two ends. Avoid expressions that backtrack much: while one runs, the whole gateway stands still. */
        readonly matches?: string;
      }[];
      /** What the body of a response must contain, read as UTF-8: a text, or a map. Absent: the body is not read. */
      readonly expect_body?:
        | string
        | {
            /** A text that must be in it, with the same case. */
            readonly contains?: string;
            /** A regular expression of JavaScript that must match somewhere in it; `^` and `$` are its two ends. Avoid expressions that backtrack much: while one runs, the whole gateway stands still. */
            readonly matches?: string;
          };
      /** How much of a body is read; `expect_body` looks at that part only.
       * Default: "64KiB", because health pages are smaller, and a probe must not read an endless body. */
      readonly max_body?: Size;
      /** Whether a 404 is a success that asks for no new requests, whatever else is expected. A backend that is to be stopped can then remove its health page first.
       * Default: false, because for most origins a 404 means that the path of the check is wrong. */
      readonly drain_on_404?: Flag;
      /** Port that probes go to. Absent: the port of the service. */
      readonly port?: Count;
      /** Host and port that probes go to, the same for every service. Probes then do not send the credentials of the service's URL. Absent: host and port of the service. */
      readonly address?: string;
      /** How probes speak TLS. Absent: as the URL of the service has it. */
      readonly tls?: {
        /** Whether probes speak TLS. Absent: as the URL of the service has it. */
        readonly enabled?: Flag;
        /** The name that a probe asks for (SNI) and that the certificate must be for. Absent: the `host` or `authority` of the check, or else the host that the probe goes to. */
        readonly server_name?: string;
        /** Whether the certificate must be valid. If not, any program may have answered in the place of the backend.
         * Default: true, because traffic is never sent to a backend whose certificate is not valid. */
        readonly verify?: Flag;
      };
      /** Time from one probe of a backend to the next. Absent: `health_interval`, else 5s. */
      readonly interval?: Duration;
      /** How long a probe may take; not longer than the interval. Absent: 2s, or the interval if that is shorter. */
      readonly timeout?: Duration;
      /** Time between probes while health is in doubt: a healthy backend has failed, or an unhealthy one has passed. Not longer than the interval.
       * Default: "1s", because a backend that comes back should not have to wait for a whole interval. */
      readonly fast_interval?: Duration;
      /** Time between probes of an unhealthy backend until one of them passes; it may be longer than the interval. Absent: `fast_interval`. */
      readonly down_interval?: Duration;
      /** Successes in a row that make an unhealthy backend healthy.
       * Default: 2, because a program that is just starting often answers once and then fails again. */
      readonly rise?: Count;
      /** Failures in a row that make a healthy backend unhealthy.
       * Default: 3, because one lost packet is no reason to move traffic away. */
      readonly fall?: Count;
    }
  | {
      /** A connection, with TLS if needed; the answer may be checked. A success says that a program listens, not that it works. */
      readonly type: 'tcp';
      /** What a probe sends once it is connected; it is never shown. Absent: nothing. */
      readonly send?: string;
      /** What the first 64KiB of the answer must contain. Absent: with `send`, any answer is enough; without it, an open connection is, or with TLS a complete handshake. */
      readonly expect?: string;
      /** Port that probes go to. Absent: the port of the service. */
      readonly port?: Count;
      /** Host and port that probes go to, the same for every service. Probes then do not send the credentials of the service's URL. Absent: host and port of the service. */
      readonly address?: string;
      /** How probes speak TLS. Absent: as the URL of the service has it. */
      readonly tls?: {
        /** Whether probes speak TLS. Absent: as the URL of the service has it. */
        readonly enabled?: Flag;
        /** The name that a probe asks for (SNI) and that the certificate must be for. Absent: the `host` or `authority` of the check, or else the host that the probe goes to. */
        readonly server_name?: string;
        /** Whether the certificate must be valid. If not, any program may have answered in the place of the backend.
         * Default: true, because traffic is never sent to a backend whose certificate is not valid. */
        readonly verify?: Flag;
      };
      /** Time from one probe of a backend to the next. Absent: `health_interval`, else 5s. */
      readonly interval?: Duration;
      /** How long a probe may take; not longer than the interval. Absent: 2s, or the interval if that is shorter. */
      readonly timeout?: Duration;
      /** Time between probes while health is in doubt: a healthy backend has failed, or an unhealthy one has passed. Not longer than the interval.
       * Default: "1s", because a backend that comes back should not have to wait for a whole interval. */
      readonly fast_interval?: Duration;
      /** Time between probes of an unhealthy backend until one of them passes; it may be longer than the interval. Absent: `fast_interval`. */
      readonly down_interval?: Duration;
      /** Successes in a row that make an unhealthy backend healthy.
       * Default: 2, because a program that is just starting often answers once and then fails again. */
      readonly rise?: Count;
      /** Failures in a row that make a healthy backend unhealthy.
       * Default: 3, because one lost packet is no reason to move traffic away. */
      readonly fall?: Count;
    }
  | {
      /** A call of gRPC's standard health service, `grpc.health.v1.Health/Check`. With TLS, the handshake must agree on HTTP/2; without TLS, the server must speak it from the first byte. `SERVING` is a success; every other status, and a server without this service, is a failure. */
      readonly type: 'grpc';
      /** The service whose health a probe asks for. Empty: the health of the server as a whole.
       * Default: "", because every health service can tell the health of its server. */
      readonly service?: string;
      /** The host that a probe asks for, and its name in TLS. Absent: the host that the probe goes to. */
      readonly authority?: string;
      /** Metadata to send with a probe; its values are never shown. `authorization` and `user-agent` replace those of the gateway. Values of names that end in `-bin` are base64. */
      readonly metadata?: Readonly<Record<string, string>>;
      /** Port that probes go to. Absent: the port of the service. */
      readonly port?: Count;
      /** Host and port that probes go to, the same for every service. Probes then do not send the credentials of the service's URL. Absent: host and port of the service. */
      readonly address?: string;
      /** How probes speak TLS. Absent: as the URL of the service has it. */
      readonly tls?: {
        /** Whether probes speak TLS. Absent: as the URL of the service has it. */
        readonly enabled?: Flag;
        /** The name that a probe asks for (SNI) and that the certificate must be for. Absent: the `host` or `authority` of the check, or else the host that the probe goes to. */
        readonly server_name?: string;
        /** Whether the certificate must be valid. If not, any program may have answered in the place of the backend.
         * Default: true, because traffic is never sent to a backend whose certificate is not valid. */
        readonly verify?: Flag;
      };
      /** Time from one probe of a backend to the next. Absent: `health_interval`, else 5s. */
      readonly interval?: Duration;
      /** How long a probe may take; not longer than the interval. Absent: 2s, or the interval if that is shorter. */
      readonly timeout?: Duration;
      /** Time between probes while health is in doubt: a healthy backend has failed, or an unhealthy one has passed. Not longer than the interval.
       * Default: "1s", because a backend that comes back should not have to wait for a whole interval. */
      readonly fast_interval?: Duration;
      /** Time between probes of an unhealthy backend until one of them passes; it may be longer than the interval. Absent: `fast_interval`. */
      readonly down_interval?: Duration;
      /** Successes in a row that make an unhealthy backend healthy.
       * Default: 2, because a program that is just starting often answers once and then fails again. */
      readonly rise?: Count;
      /** Failures in a row that make a healthy backend unhealthy.
       * Default: 3, because one lost packet is no reason to move traffic away. */
      readonly fall?: Count;
    }
  | {
      /** A program, run on this machine for every probe: exit status 0 is a success, and the first line of its output is shown with the result. At the timeout it is killed, with all programs that it has started. Needs `allow_exec_checks: true`. */
      readonly type: 'exec';
      /** The program (its path, or its name in PATH) and its arguments, one item each. No shell interprets them. The program is told its backend in the variables KEYSTONE_TENANT, KEYSTONE_BACKEND_NAME, KEYSTONE_BACKEND_HOST, KEYSTONE_BACKEND_PORT and KEYSTONE_BACKEND_TLS (`true` or `false`). */
      readonly command: string | readonly string[];
      /** More variables for the program; their values are never shown. Of the gateway itself, it gets only PATH, HOME, USER, LANG, LC_ALL, TZ and TMPDIR. */
      readonly environment?: Readonly<Record<string, string>>;
      /** Time from one probe of a backend to the next. Absent: `health_interval`, else 5s. */
      readonly interval?: Duration;
      /** How long a probe may take; not longer than the interval. Absent: 2s, or the interval if that is shorter. */
      readonly timeout?: Duration;
      /** Time between probes while health is in doubt: a healthy backend has failed, or an unhealthy one has passed. Not longer than the interval.
       * Default: "1s", because a backend that comes back should not have to wait for a whole interval. */
      readonly fast_interval?: Duration;
      /** Time between probes of an unhealthy backend until one of them passes; it may be longer than the interval. Absent: `fast_interval`. */
      readonly down_interval?: Duration;
      /** Successes in a row that make an unhealthy backend healthy.
       * Default: 2, because a program that is just starting often answers once and then fails again. */
      readonly rise?: Count;
      /** Failures in a row that make a healthy backend unhealthy.
       * Default: 3, because one lost packet is no reason to move traffic away. */
      readonly fall?: Count;
    };

/** What traffic takes a backend out for. */
export type OutlierEjectionInput = {
  /** Whether traffic may eject a backend.
   * Default: true, because a health page may answer well while every other answer is an error. */
  readonly enabled?: Flag;
  /** How many bad results in a row eject a backend.
   * Default: 5, because five in a row by chance happen only where about every other answer is bad anyway. */
  readonly consecutive?: Count;
  /** Share of bad results within `window` that ejects a backend, if it had at least `min_requests`.
   * Default: "50%", because a backend that fails every other request is worse than none. */
  readonly failure_share?: Share;
  /** How many requests within `window` it takes for `failure_share` to apply.
   * Default: 20, because a share of fewer requests may be chance. */
  readonly min_requests?: Count;
  /** How far back `failure_share` looks.
   * Default: "10s", because long enough for twenty requests, short enough to tell of the present. */
  readonly window?: Duration;
  /** How long the first ejection lasts; the second lasts twice as long, the third three times.
   * Default: "10s", because a restart takes about as long. */
  readonly base_time?: Duration;
  /** The longest ejection.
   * Default: "5m", because a backend that was mended is found again within minutes. */
  readonly max_time?: Duration;
  /** After each such time without an ejection, one earlier ejection no longer counts for the length of the next.
   * Default: "60s", because old trouble tells little of the present. */
  readonly quiet_time?: Duration;
  /** Share of the backends that may be ejected at once; the last eligible one never is.
   * Default: "50%", because where more are bad, the fault is most likely in something that they all depend on. */
  readonly max_share?: Share;
  /** An answer whose first byte takes longer is a bad result, of the kind `slow`.
   * Default: "none", because only the operator knows what is too slow. */
  readonly max_latency?: Duration | 'none';
  /** Statuses from 500 on that do not count as `5xx`, because they speak of the request and not of the backend.
   * Default: [501,505,507,508,511], because an unknown method or version, a full quota, a loop of the request, a login to a network: another backend would say the same. */
  readonly ignore_statuses?: Count | readonly Count[];
  /** Which results count against a backend.
   * Default: ["connect","reset","timeout","malformed","5xx","slow"], because all that a client would call an error of the server. */
  readonly on?:
    | 'connect'
    | 'reset'
    | 'timeout'
    | 'malformed'
    | '5xx'
    | 'slow'
    | Reference
    | readonly ('connect' | 'reset' | 'timeout' | 'malformed' | '5xx' | 'slow' | Reference)[];
};

/** What happens when a backend fails before its response has begun. */
export type RetryInput = {
  /** How many more attempts a request may have after its first, where that is safe.
   * Default: 2, because two other backends; a request that fails on all three would fail everywhere, and more attempts would only add load. */
  readonly attempts?: Count;
  /** What leads to another attempt: `connect` (no connection, TLS included), `reset` (closed before it answered), `timeout` (no answer in time), `malformed` (not HTTP), or a status of the response. All but `connect` apply only to requests that may be done twice.
   * Default: ["connect","reset",502,503,504], because what another backend is likely to do better. A 500 is as likely the fault of the request, and a report that takes too long at one backend would take as long at the next. */
  readonly on?: number | string | readonly (number | string)[];
  /** How many retries may follow attempts that had sent a byte, as a share of the requests of the last 10 s.
   * Default: "20%", because when most attempts fail, more of them would overload the backends that are left. */
  readonly budget?: Share;
  /** Retries in a second that are allowed in addition to `budget`.
   * Default: 3, because a tenant with little traffic would otherwise have none. */
  readonly budget_per_second?: Count;
  /** The longest wait after the first failed attempt; it doubles with each further one. The wait is random, from 0 to this. There is none before the first other backend, nor while nothing was sent.
   * Default: "25ms", because the wait is random, so that requests that failed together do not come back together. */
  readonly back_off?: Duration;
  /** The longest wait of all.
   * Default: "1s", because a client that still waits wants an answer soon. */
  readonly max_back_off?: Duration;
  /** How long an attempt may take to the first byte of its response while another one is possible.
   * Default: "none", because a slow answer is better than none; `timeouts.first_byte` holds for every attempt anyway. */
  readonly per_try_timeout?: Duration | 'none';
  /** Sends a request that only reads to a second backend as well when it has waited longer than this share of such requests wait; the first answer is used. Counts for `budget`; not before 100 ms. Absent: never. */
  readonly hedge_after?: Share;
  /** Whether a request with an `Idempotency-Key` may be done twice, whatever its method.
   * Default: false, because only the origin knows whether it honours the key. */
  readonly idempotency_key?: Flag;
  /** How much of a body is kept so that it can be sent again.
   * Default: "64KiB", because forms and API calls fit in; keeping the uploads of all clients would take too much memory. */
  readonly replay_bytes?: Size;
};

/** Connections to backends, and the line of requests that wait for them. */
export type PoolInput = {
  /** Requests that each backend may have at a time; tunnels and streams have a limit of their own. A backend of `protocol: h2` may have so many connections, all processes together, but at least one of each, and as many requests on each as it allows (`max_requests` bounds them).
   * Default: 100, because as in the original; protects an origin from more requests than it can work on. */
  readonly max_connections?: Count;
  /** Tunnels (WebSocket) and streams that each backend may have besides; further ones count against `max_connections`. A stream is an answer of the type text/event-stream, or one that flows for longer than `stream_after`.
   * Default: 10000, because they last for hours and cost an origin little; a hundred open chats must not lock a site. */
  readonly max_tunnels?: Count;
  /** An answer whose body flows for longer is a stream.
   * Default: "30s", because by then an origin has long done the work that `max_connections` protects it from. */
  readonly stream_after?: Duration;
  /** A connection of HTTP/2 that brings nothing for so long while requests wait is asked by a PING whether it lives; after as long again without a byte it is given up.
   * Default: "15s", because a connection that a firewall has forgotten would keep its requests waiting for `timeouts.first_byte`. */
  readonly ping_after?: Duration;
  /** Idle connections kept to each backend for `idle_timeout`; more of them for `surplus_timeout`, unless this is 0.
   * Default: 50, because as in the original. */
  readonly max_idle?: Count;
  /** Connections to open to a backend as soon as it is found healthy, ahead of its first requests; `max_idle` at most.
   * Default: 0, because in the same network a connection opens in less than a millisecond; set it for TLS or distant backends. */
  readonly warm?: Count;
  /** How long an idle connection to a backend is kept.
   * Default: "120s", because as in the original. */
  readonly idle_timeout?: Duration;
  /** The same for those beyond `max_idle` and `limits.idle_connections`: they have just been in use at the same time.
   * Default: "2s", because a peak of requests would otherwise open a connection for each of them, at five times the cost; most peaks come back within seconds. */
  readonly surplus_timeout?: Duration;
  /** While half of the places at the backends are taken, a request with a `Content-Length` up to this size is read to its end before it takes a place, unless its client waits for a `100 Continue`; 0: none is.
   * Default: "16KiB", because so clients that send slowly, on purpose or not, occupy no backend; forms and API calls fit in. */
  readonly request_buffer?: Size;
  /** How many requests of the tenant may wait for a backend with room; 0: none.
   * Default: 1024, because a burst fits in, and a flood is refused before it takes much memory. */
  readonly max_queue?: Count;
};

/** The times of a tenant. */
export type TenantTimeoutsInput = {
  /** Overrides `timeouts.connect` for this tenant. */
  readonly connect?: Duration;
  /** Overrides `timeouts.first_byte` for this tenant. */
  readonly first_byte?: Duration;
  /** Overrides `timeouts.idle` for this tenant. */
  readonly idle?: Duration;
  /** Overrides `timeouts.exchange` for this tenant. */
  readonly exchange?: Duration;
  /** Overrides `timeouts.queue` for this tenant. */
  readonly queue?: Duration;
  /** Overrides `timeouts.tunnel_idle` for this tenant. */
  readonly tunnel_idle?: Duration;
  /** Overrides `timeouts.removed` for this tenant. */
  readonly removed?: Duration;
};

/** How answers are compressed. */
export type CompressionInput = {
  /** Overrides `compression.enabled` for this tenant. */
  readonly enabled?: Flag;
  /** Overrides `compression.level` for this tenant. */
  readonly level?: Count;
  /** Overrides `compression.min_bytes` for this tenant. */
  readonly min_bytes?: Size;
  /** Overrides `compression.content_types` for this tenant. */
  readonly content_types?: string | readonly string[];
};

/** The limits of a tenant. */
export type TenantLimitsInput = {
  /** Overrides `limits.body_bytes` for this tenant. */
  readonly body_bytes?: Size | 'none';
  /** Requests of the tenant that the gateway serves at a time; a further one is answered 503. All of its pools and routes and all processes together. Absent: no limit. */
  readonly requests_in_flight?: Count;
  /** Connections from clients that the tenant may have at a time, each counted from its first request to the tenant; what comes over a further one is answered 503, and the connection closed. All of its pools and routes and all processes together. Absent: no limit. */
  readonly connections?: Count;
  /** Requests of the tenant in a second; a further one is answered 429. Those of one second may come at once. All of its pools and routes and all processes together. Absent: no limit. */
  readonly request_rate?: Count;
  /** Bytes of bodies that pass in a second, requests, responses and WebSockets together. Beyond it they are read more slowly, and new requests wait, for `timeouts.queue` at most; then they are answered 503. All of its pools and routes and all processes together. Absent: no limit. */
  readonly bandwidth?: Size;
  /** Overrides `limits.buffered_bytes` for this tenant. */
  readonly buffered_bytes?: Size;
};

/** A policy, or the name of a set of policies. */
export type PolicyInput = {
  /** Lets clients in or keeps them out, by their addresses. The longest range that holds an address decides; of two equal ones, `deny`. Ranges of IPv4 hold no IPv6 address, and the other way round. */
  readonly ip_access?: {
    /** Who is let in; everybody else is kept out. An empty list lets nobody in. */
    readonly allow?: string | readonly string[];
    /** Who is kept out. Without `allow`, everybody else is let in. */
    readonly deny?: string | readonly string[];
    /** A file with more for `allow`: a line for each, `#` begins a comment. */
    readonly allow_file?: string;
    /** A file with more for `deny`. Both are read anew with every reload. */
    readonly deny_file?: string;
    /** What is answered to those who are kept out; `drop`: nothing, the connection is closed.
     * Default: 403, because somebody who should be let in sees what is wrong. */
    readonly status?: number | string;
  };
  /** Keeps everybody out for a while but those who work on the site. `keystone maintenance on TENANT` turns it on without a reload; what an operator decides outlives reloads and restarts. */
  readonly maintenance?: {
    /** Whether it is on, as long as no operator has decided (`keystone maintenance`).
     * Default: false, because it is there to be turned on. */
    readonly active?: Flag;
    /** The status of the answer.
     * Default: 503, because search engines come again, and caches keep nothing. */
    readonly status?: Count;
    /** When clients are told to come again.
     * Default: "5m", because short enough for people, and long enough not to be stormed. */
    readonly retry_after?: Duration;
    /** Whether WebSockets that are open are ended (1001) when it is turned on.
     * Default: false, because who is at work may finish. */
    readonly drain?: Flag;
    /** A page for those who accept HTML; `{status}`, `{reason}`, `{request_id}` and `{host}` are places. */
    readonly inline?: string;
    /** A file with that page, of at most 1 MiB. */
    readonly file?: string;
    /** Who is let in all the same: whoever has one of these. */
    readonly allow?: {
      /** Addresses of clients.
       * Default: [], because nobody is there without being named. */
      readonly clients?: string | readonly string[];
      /** A header field with a secret, by which a client shows that it belongs to those. Backends never get the field. */
      readonly header?: Readonly<Record<string, string>>;
    };
    /** Paths that everybody gets all the same.
     * Default: [], because the whole site is meant. */
    readonly except?: string | readonly string[];
  };
  /** Lets through so many requests in a time by client, consumer or another part of the request, for all processes together. */
  readonly rate_limit?: {
    /** How many requests each key may send in `per`. */
    readonly requests: Count;
    /** The time for `requests`.
     * Default: "1s", because most limits are meant by the second. */
    readonly per?: Duration;
    /** How many may come at once. Absent: as many as `requests`, since a browser asks for many things at a time. */
    readonly burst?: Count;
    /** What is counted by: `client` (an IPv4 address, or an IPv6 network of 64 bits), `tenant`, `consumer`, `host`, `path`, `header:NAME`, `cookie:NAME`, `query:NAME`, or a list of these together.
     * Default: "client", because every request has a client. */
    readonly key?: string | readonly string[];
    /** What happens to a request without that part: it counts for its client, is let through, or is refused.
     * Default: "client", because leaving the part out must not be a way around the limit. */
    readonly when_key_missing?: 'client' | 'allow' | 'refuse' | Reference;
    /** Clients that are not counted.
     * Default: [], because a limit is for all. */
    readonly exempt?: string | readonly string[];
    /** Which fields tell clients how much is left: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), `X-RateLimit-*`, both or none. A refusal has `Retry-After` in any case.
     * Default: "draft", because clients that know their limit keep to it. */
    readonly headers?: 'draft' | 'legacy' | 'both' | 'none' | Reference;
    /** What the limit is called in these fields.
     * Default: "default", because most tenants have one. */
    readonly name?: string;
    /** Whether it only counts, and says in the log what it would refuse.
     * Default: false, because a limit is there to limit. */
    readonly dry_run?: Flag;
    /** For how many keys at a time there is room, 8 bytes each. Where it is full, the key is forgotten that would be let through soonest.
     * Default: 8192, because more clients than that in one burst are an attack, which this is no answer to. */
    readonly table?: Count;
  };
  /** Lets so many requests be under way at a time by client, consumer or another part of the request, for all processes together; a few more may wait for their turn. */
  readonly concurrency?: {
    /** How many requests each key may have under way. */
    readonly limit: Count;
    /** What is counted by: `client` (an IPv4 address, or an IPv6 network of 64 bits), `tenant`, `consumer`, `host`, `path`, `header:NAME`, `cookie:NAME`, `query:NAME`, or a list of these together.
     * Default: "client", because every request has a client. */
    readonly key?: string | readonly string[];
    /** What happens to a request without that part: it counts for its client, is let through, or is refused.
     * Default: "client", because leaving the part out must not be a way around the limit. */
    readonly when_key_missing?: 'client' | 'allow' | 'refuse' | Reference;
    /** How many more requests of each key may wait for their turn, in the order in which they came.
     * Default: 0, because a client that is told at once can do something else. */
    readonly queue?: Count;
    /** How long a request may wait for its turn. Then it is refused.
     * Default: 0, because nobody waits as long as `queue` is 0. */
    readonly wait?: Duration;
    /** Whether a connection that has changed its protocol, such as a WebSocket, counts as long as it is open. Otherwise it counts until it has changed.
     * Default: true, because it takes a connection to a backend all the while. */
    readonly count_upgrades?: Flag;
    /** Which fields tell clients how much is left: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), `X-RateLimit-*`, both or none. A refusal has `Retry-After` in any case.
     * Default: "draft", because clients that know their limit keep to it. */
    readonly headers?: 'draft' | 'legacy' | 'both' | 'none' | Reference;
    /** What the limit is called in these fields.
     * Default: "default", because most tenants have one. */
    readonly name?: string;
  };
  /** Bounds the bodies of requests: how long they are, of which types, and how slowly they come. */
  readonly body?: {
    /** How long a body may be, as it comes: what a coding has made small counts as small. A longer one is refused with 413: at once where its length is known, otherwise as soon as it is longer.
     * Default: "10MiB", because enough for forms and pictures; who takes videos says so. */
    readonly max?: Size | 'none';
    /** Media types that are taken, without parameters; others are refused with 415. A body without a type is application/octet-stream. Absent: all. */
    readonly types?: string | readonly string[];
    /** Bytes that a client must send in a second, on average after the first 5 s. Who sends more slowly is refused with 408. Time in which the gateway keeps the client waiting does not count. Absent: only where connections or places are scarce, as `limits.min_body_rate` says. */
    readonly min_rate?: Size;
    /** Bodies up to this size are read to their end before a backend is asked, so that a slow client takes no place there; longer ones go on as they come. `off`: all do.
     * Default: "off", because where places are scarce, `pool.request_buffer` does so by itself. */
    readonly buffer?: Size;
  };
  /** Limits programs that fetch pages by themselves, such as crawlers, by what they call themselves in their User-Agent, and keeps some out. Names are claims: who lies is not found. */
  readonly bot_limits?: {
    /** Who is meant, by parts of the User-Agent. */
    readonly user_agents?: {
      /** Who is refused with 403.
       * Default: [], because only the operator knows who is not wanted. */
      readonly deny?: string | readonly string[];
      /** Who is limited like the known bots.
       * Default: [], because the usual names are known. */
      readonly limit?: string | readonly string[];
    };
    /** What is left to each client (an IPv4 address, or an IPv6 network of 64 bits) whose User-Agent is that of a known bot or in `user_agents.limit`; for all processes together. Others get 429. */
    readonly known_bots?: {
      /** How many requests each of their clients may send in `per`; `none`: known bots are not limited.
       * Default: 1, because a crawler that is told 429 comes back more slowly, and one page a second is enough to find them all. */
      readonly requests?: Count | 'none';
      /** The time for `requests`.
       * Default: "1s", because most limits are meant by the second. */
      readonly per?: Duration;
      /** How many may come at once.
       * Default: 5, because crawlers look at robots.txt and a few pages first. */
      readonly burst?: Count;
    };
    /** Crawlers that are not limited if they are who they say: if DNS has a name for their address that is one of their operator, and that name has this address. Until DNS has answered they are limited.
     * Default: [], because it takes questions to DNS. */
    readonly verified?:
      | 'googlebot'
      | 'bingbot'
      | 'applebot'
      | 'yandexbot'
      | 'baiduspider'
      | 'amazonbot'
      | 'petalbot'
      | 'seznambot'
      | Reference
      | readonly (
          | 'googlebot'
          | 'bingbot'
          | 'applebot'
          | 'yandexbot'
          | 'baiduspider'
          | 'amazonbot'
          | 'petalbot'
          | 'seznambot'
          | Reference
        )[];
    /** What happens to requests without a User-Agent: they go on, are limited like the known bots, or are refused with 403.
     * Default: "allow", because many checks and scripts send none. */
    readonly empty_user_agent?: 'allow' | 'limit' | 'deny' | Reference;
  };
  /** Sends clients elsewhere. `/.well-known/acme-challenge/` is exempt: there authorities of certificates ask for a host by plain HTTP. */
  readonly redirect?: {
    /** Where to, as a URL or a path, with places such as `{host}`, `{path}` and `{query}`. Of `to` and `https` there is one. */
    readonly to?: string;
    /** Requests that came without TLS go to the same address by https. All others go on.
     * Default: false, because a redirect has its own `to` as a rule. */
    readonly https?: Flag;
    /** The port that `https` names.
     * Default: 443, because the usual one, which no URL has to name. */
    readonly port?: Count;
    /** The status of the answer.
     * Default: 308, because after a 301 or 302, clients make a GET of a POST. */
    readonly status?: number | string;
  };
  /** Has backends get another path, query or Host. Paths are seen as the backend would get them: without the prefix of the tenant, and as policies before have left them. */
  readonly rewrite?: {
    /** A beginning of paths that is removed: `/v1` of `/v1/a`, and not of `/v10`. */
    readonly strip_prefix?: string;
    /** What is put before every path. */
    readonly add_prefix?: string;
    /** A beginning of paths that another one takes the place of. */
    readonly replace_prefix?: {
      /** What paths begin with. */
      readonly from: string;
      /** What stands in its place. */
      readonly to: string;
    };
    /** The path for every request, with places such as `{host}`. */
    readonly path?: number | string;
    /** Which paths are rewritten: a path with parts such as `{id}`, which stand for one segment or a part of it; `{rest*}` at the end, for all that is left. */
    readonly match?: string;
    /** Which paths are rewritten, by a regular expression (RE2, whose time is bounded; it has no back-references). Its groups are `{1}`, `{2}` and so on, or have names: `(?P<id>[0-9]+)`. */
    readonly regex?: string;
    /** What a path becomes that `match` or `regex` fits, with its parts as places. If it has no query, that of the request stays; otherwise both are there. */
    readonly to?: string;
    /** Changes of the query, after those of the path. */
    readonly query?: {
      /** Parameters that stand in place of all of their name. */
      readonly set?: Readonly<Record<string, number | string>>;
      /** Parameters that are left out; `utm_*` for all that begin so. */
      readonly remove?: string | readonly string[];
    };
    /** The Host that backends get, with places. */
    readonly host?: number | string;
    /** Whether what answers say of places (`Location`, `Content-Location`, paths of cookies) is changed to what the client knows, where a prefix was removed, added or replaced.
     * Default: true, because otherwise a redirect of the origin leads nowhere. */
    readonly map_back?: Flag;
  };
  /** Says which pages of other origins may read the answers. It answers the questions of browsers, so it stands before policies that want a login. */
  readonly cors?: {
    /** Whose pages may read the answers: origins as browsers send them, `https://*.example.com` for every host with one label more, `"null"` for pages without an origin; or `any`. */
    readonly origins: string | readonly string[];
    /** Methods that such pages may use.
     * Default: ["GET","HEAD","POST","PUT","PATCH","DELETE","OPTIONS"], because the usual ones; whether a method is allowed is for the origin to say. */
    readonly methods?: string | readonly string[];
    /** Fields that such pages may send, or `any`.
     * Default: ["any"], because which pages are trusted is said by `origins`; a name that is missing here shows in browsers only. */
    readonly headers?: string | readonly string[];
    /** Fields of answers that such pages may read, beside those that all may.
     * Default: [], because most pages read the body alone. */
    readonly expose?: string | readonly string[];
    /** Whether such pages may send cookies and credentials. Not with `origins: any`.
     * Default: false, because a page that acts in the name of a user has to be trusted on purpose. */
    readonly credentials?: Flag;
    /** For how long a browser need not ask again.
     * Default: "10m", because a change is seen soon, and nearly every request is spared the question; browsers take at most 2 hours. */
    readonly max_age?: Duration;
    /** Whether pages of public hosts may ask this one at a private address.
     * Default: false, because browsers ask for it to protect machines at home. */
    readonly private_network?: Flag;
    /** Who answers what browsers ask beforehand.
     * Default: "answer", because such a question has no credentials, and fails behind any login. */
    readonly preflight?: 'answer' | 'forward' | Reference;
  };
  /** Lets in who knows a name and its password. The configuration has hashes alone, which `htpasswd -nB NAME` makes. Passwords that were right are remembered for a while; guessing is slowed down for each client, and as a whole. */
  readonly basic_auth?: {
    /** What browsers show when they ask for the password.
     * Default: "restricted", because the name of the place is for whoever runs it to tell. */
    readonly realm?: string;
    /** Who is let in.
     * Default: [], because they may all be in `users_file`. */
    readonly users?: readonly {
      /** The name. */
      readonly name: string;
      /** The hash of the password, of bcrypt or argon2. */
      readonly hash: string;
    }[];
    /** A file of htpasswd with more users. It is read anew with every reload. Hashes of bcrypt and argon2 are taken, those of apr1, SHA1 and crypt are not. */
    readonly users_file?: string;
    /** What backends get of it. */
    readonly forward?: {
      /** Backends get the password, too.
       * Default: false, because what a backend does not need it cannot lose. */
      readonly credentials?: Flag;
      /** Fields by which backends are told who it is. */
      readonly headers?: Readonly<Record<string, 'name' | Reference>>;
    };
    /** So long a password that was right is not verified again; 0: it always is.
     * Default: "5m", because a verification takes a core for some 50 ms, and browsers send the password with every request. */
    readonly cache?: Duration;
    /** So many passwords are verified at a time, by each process.
     * Default: 2, because guessing must not take all cores from the other tenants. */
    readonly verify_at_once?: Count;
    /** So often a client may give a wrong password; then it gets 429 for a while. Passwords that are remembered still work.
     * Default: 10, because enough for people who mistype, and too few for guessing. */
    readonly failures_per_minute?: Count;
  };
  /** Lets in who shows a key. The configuration has hashes of keys alone; `keystone key create` makes a key. Without a key or with one that is unknown: 401; with one that has expired: 403. */
  readonly api_key?: {
    /** The keys that are known.
     * Default: [], because they may all be in `keys_file`. */
    readonly keys?: readonly {
      /** Who has the key: the name of the consumer. */
      readonly id: string;
      /** SHA-256 of the key. `keystone key create` makes a key, and prints this line for it. */
      readonly hash: string;
      /** Groups that the consumer is in.
       * Default: [], because groups are for those who tell consumers apart. */
      readonly groups?: string | readonly string[];
      /** From then on the key is refused with 403. */
      readonly expires?: string;
    }[];
    /** A file with more keys: in each line an id and a hash, and if need be `groups=a,b` and `expires=2027-01-31`. It is read anew with every reload. */
    readonly keys_file?: string;
    /** Where a request has its key.
     * Default: ["header:X-Api-Key"], because a header field is neither logged nor kept by caches and browsers, as a query is. */
    readonly from?: string | readonly string[];
    /** What backends get of it. */
    readonly forward?: {
      /** Backends get the key, too.
       * Default: false, because what a backend does not need it cannot lose. */
      readonly key?: Flag;
      /** Fields by which backends are told who it is. */
      readonly headers?: Readonly<Record<string, 'id' | 'groups' | Reference>>;
    };
  };
  /** Lets in who shows a signed token. Keys are fetched once for all processes, ahead of time, and stay in use for a while when their issuer cannot be reached. A bad token: 401; one that does not allow what is asked for: 403; no keys at all: 503. */
  readonly jwt?: {
    /** The claim `iss` must be this. */
    readonly issuer?: string;
    /** The claim `aud` must have one of these; `any`: it is not looked at. */
    readonly audience?: string | readonly string[];
    /** The public keys by which tokens are verified. */
    readonly jwks?: {
      /** Where the keys are fetched. */
      readonly url?: string;
      /** They are where OpenID Connect Discovery of the issuer says. */
      readonly discovery?: Flag;
      /** A file that has them as a JSON Web Key Set. It is read anew with every reload. */
      readonly file?: string;
      /** The keys themselves. */
      readonly keys?: unknown | readonly unknown[];
      /** So long keys that were fetched are used; they are fetched anew before.
       * Default: "10m", because a key that is taken back is gone soon, and the issuer is hardly asked. */
      readonly cache?: Duration;
      /** Tokens with a key that is not known have keys fetched again, but not more often.
       * Default: "30s", because anybody can make up names of keys. */
      readonly cooldown?: Duration;
      /** So long an answer may take, and so long such a request waits.
       * Default: "2s", because a person waits so long, and an issuer that takes longer is hardly there. */
      readonly timeout?: Duration;
      /** So long keys stay in use while no new ones can be had.
       * Default: "24h", because an outage of the issuer is no outage of the site. */
      readonly max_stale?: Duration;
    };
    /** The secret by which tokens are verified that are signed with HS256, HS384 or HS512. It belongs into a variable or a file: `${file:/run/secrets/jwt}`. */
    readonly secret?: string;
    /** How tokens may be signed. Absent: RS256, ES256 and EdDSA; with `secret`, HS256. */
    readonly algorithms?:
      | 'RS256'
      | 'RS384'
      | 'RS512'
      | 'PS256'
      | 'PS384'
      | 'PS512'
      | 'ES256'
      | 'ES384'
      | 'ES512'
      | 'EdDSA'
      | 'HS256'
      | 'HS384'
      | 'HS512'
      | Reference
      | readonly (
          | 'RS256'
          | 'RS384'
          | 'RS512'
          | 'PS256'
          | 'PS384'
          | 'PS512'
          | 'ES256'
          | 'ES384'
          | 'ES512'
          | 'EdDSA'
          | 'HS256'
          | 'HS384'
          | 'HS512'
          | Reference
        )[];
    /** What claims must say; otherwise the answer is 403. */
    readonly claims?: Readonly<
      Record<
        string,
        {
          /** It is this. */
          readonly equals?: boolean | number | string;
          /** It is a list that has this, or a text that has it as a word. */
          readonly contains?: string;
          /** It is one of these. */
          readonly one_of?: boolean | number | string | readonly (boolean | number | string)[];
        }
      >
    >;
    /** Several issuers, in place of the keys above. The claim `iss` says whose token it is. */
    readonly providers?: readonly {
      /** The claim `iss` must be this. */
      readonly issuer?: string;
      /** The claim `aud` must have one of these; `any`: it is not looked at. */
      readonly audience?: string | readonly string[];
      /** The public keys by which tokens are verified. */
      readonly jwks?: {
        /** Where the keys are fetched. */
        readonly url?: string;
        /** They are where OpenID Connect Discovery of the issuer says. */
        readonly discovery?: Flag;
        /** A file that has them as a JSON Web Key Set. It is read anew with every reload. */
        readonly file?: string;
        /** The keys themselves. */
        readonly keys?: unknown | readonly unknown[];
        /** So long keys that were fetched are used; they are fetched anew before.
         * Default: "10m", because a key that is taken back is gone soon, and the issuer is hardly asked. */
        readonly cache?: Duration;
        /** Tokens with a key that is not known have keys fetched again, but not more often.
         * Default: "30s", because anybody can make up names of keys. */
        readonly cooldown?: Duration;
        /** So long an answer may take, and so long such a request waits.
         * Default: "2s", because a person waits so long, and an issuer that takes longer is hardly there. */
        readonly timeout?: Duration;
        /** So long keys stay in use while no new ones can be had.
         * Default: "24h", because an outage of the issuer is no outage of the site. */
        readonly max_stale?: Duration;
      };
      /** The secret by which tokens are verified that are signed with HS256, HS384 or HS512. It belongs into a variable or a file: `${file:/run/secrets/jwt}`. */
      readonly secret?: string;
      /** How tokens may be signed. Absent: RS256, ES256 and EdDSA; with `secret`, HS256. */
      readonly algorithms?:
        | 'RS256'
        | 'RS384'
        | 'RS512'
        | 'PS256'
        | 'PS384'
        | 'PS512'
        | 'ES256'
        | 'ES384'
        | 'ES512'
        | 'EdDSA'
        | 'HS256'
        | 'HS384'
        | 'HS512'
        | Reference
        | readonly (
            | 'RS256'
            | 'RS384'
            | 'RS512'
            | 'PS256'
            | 'PS384'
            | 'PS512'
            | 'ES256'
            | 'ES384'
            | 'ES512'
            | 'EdDSA'
            | 'HS256'
            | 'HS384'
            | 'HS512'
            | Reference
          )[];
      /** What claims must say; otherwise the answer is 403. */
      readonly claims?: Readonly<
        Record<
          string,
          {
            /** It is this. */
            readonly equals?: boolean | number | string;
            /** It is a list that has this, or a text that has it as a word. */
            readonly contains?: string;
            /** It is one of these. */
            readonly one_of?: boolean | number | string | readonly (boolean | number | string)[];
          }
        >
      >;
    }[];
    /** Where a request has its token.
     * Default: ["header:Authorization Bearer"], because RFC 6750 wants it there. */
    readonly from?: string | readonly string[];
    /** So much clocks may differ.
     * Default: "60s", because clocks do differ, and a token that is refused for a second is a fault that nobody finds. */
    readonly clock_skew?: Duration;
    /** Claims that must be there.
     * Default: ["exp"], because a token that never ends can never be taken back. */
    readonly require?: string | readonly string[];
    /** The longest time from `iat` to `exp`. Absent: any. */
    readonly max_lifetime?: Duration;
    /** The claim that names the consumer.
     * Default: "sub", because it is what stays the same (RFC 7519 4.1.2). */
    readonly id_claim?: string;
    /** The claim that has the groups of the consumer.
     * Default: "groups", because most issuers call it so. */
    readonly groups_claim?: string;
    /** What backends get of it. */
    readonly forward?: {
      /** Backends get the token, too.
       * Default: false, because what a backend does not need it cannot lose. */
      readonly token?: Flag;
      /** Fields by which backends are told who it is: the claim that each says. */
      readonly headers?: Readonly<Record<string, string>>;
    };
    /** Requests without a token go on, as nobody. A bad token is refused all the same.
     * Default: false, because who asks for tokens wants them. */
    readonly optional?: Flag;
    /** So many tokens are remembered that were good, until they end.
     * Default: 1024, because to verify one takes 20 to 60 µs, and clients send the same one many times. */
    readonly verified_cache?: Count;
  };
  /** Asks a server of its own about every request. With an answer of 2xx the request goes on; one of 3xx or 4xx goes to the client as it is. Where the server cannot be asked, or fails, the answer is 503 and no backend gets the request. */
  readonly forward_auth?: {
    /** The server that is asked. */
    readonly url: string;
    /** How it is asked, whatever the method of the request.
     * Default: "GET", because such servers expect it; the method of the request is in `X-Forwarded-Method`. */
    readonly method?: 'GET' | 'HEAD' | 'POST' | Reference;
    /** Fields of the request that it gets, besides `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For`.
     * Default: ["Cookie","Authorization"], because by these clients show who they are. */
    readonly send_headers?: string | readonly string[];
    /** Fields of its answer that backends get. What clients send by these names goes to no backend.
     * Default: [], because each server has its own. */
    readonly copy_headers?: string | readonly string[];
    /** The field of its answer that names the consumer, for logs and for other policies. */
    readonly consumer?: string;
    /** The field of its answer that has the groups of the consumer, with commas between them. */
    readonly groups?: string;
    /** Clients get the cookies that it sets when it lets them in.
     * Default: false, because most servers set them only when they let nobody in, and then clients get them in any case. */
    readonly copy_cookies?: Flag;
    /** It gets the body of the request, too, up to this size; a longer one is answered with 413. Needs `method: POST`. Absent: no body. */
    readonly body?: Size;
    /** So long it may take. Then the answer is 503.
     * Default: "2s", because every request waits for it. */
    readonly timeout?: Duration;
    /** What it has said is remembered. */
    readonly cache?: {
      /** So long it is not asked again about what it has let in; 0: it always is.
       * Default: 0, because who logs out is out at once. */
      readonly for?: Duration;
      /** What makes two requests the same besides method, host and path. Absent: all that the server would be asked. A request that has none of these is not remembered. */
      readonly key?: string | readonly string[];
    };
  };
  /** Keeps answers of backends, as these allow it (RFC 9111), and gives them to whoever asks for the same. Requests for what is being fetched wait for it. Answers can be purged by address or tag, and stand in when backends fail. */
  readonly cache?: {
    /** Answers of which status are kept.
     * Default: [200,203,204,300,301,308,404,410], because these are kept by every cache; a redirect for once (302, 307) is not meant to stay. */
    readonly statuses?: number | string | readonly (number | string)[];
    /** Which parameters of the query tell answers apart: `all`, `none`, `{ only: [page] }` or `{ without: [utm_*] }`. The others are kept from backends, so that nothing of them is in an answer that everybody gets.
     * Default: "all", because only the application knows which of them make no difference. */
    readonly query?:
      | 'all'
      | 'none'
      | Reference
      | {
          readonly only: readonly string[];
        }
      | {
          readonly without: readonly string[];
        };
    /** What else tells answers apart, besides scheme, host, path, query, pool and consumer: `header:NAME`, `cookie:NAME` and whatever else `rate_limit` can count by, or a list of these. */
    readonly key?: string | readonly string[];
    /** Whether clients that a policy before has told apart get the same answers.
     * Default: false, because who has to say who they are as a rule gets an answer of their own. */
    readonly shared?: Flag;
    /** Requests with such a cookie pass by the cache: those of clients that have logged in, for instance.
     * Default: [], because only the application knows what its cookies are for. */
    readonly bypass_cookies?: string | readonly string[];
    /** How long answers are fresh that say nothing of it. Absent: they are not kept. Not for requests with an Authorization, and with cookies only where `bypass_cookies` or `key` say which cookies count. */
    readonly default_ttl?: Duration;
    /** How long an answer is fresh at most, whatever it says itself.
     * Default: "1d", because who has set a year by mistake has the right answer tomorrow. */
    readonly max_ttl?: Duration;
    /** Size of the body of an answer that is kept.
     * Default: "1MiB", because pages, scripts and pictures are smaller, and a few large files would drive all others out. */
    readonly max_object?: Size;
    /** What this cache may keep, in all processes together: each has its part, and keeps what it was asked for itself. See also `limits.cache_memory`.
     * Default: "64MiB", because thousands of pages; a tenant must not take the memory of all. */
    readonly memory?: Size;
    /** How long after its time an answer is still given while a new one is fetched. What the answer says itself goes first.
     * Default: 0, because only the origin knows whether yesterday will do. */
    readonly stale_while_revalidate?: Duration;
    /** How long after its time an answer is still given when no backend can be reached, or it answers 500, 502, 503 or 504. What the answer says itself goes first.
     * Default: 0, because only the origin knows whether yesterday will do. */
    readonly stale_if_error?: Duration;
    /** Whether requests for the same wait for the one that is fetched already.
     * Default: true, because a page that a thousand ask for at once is made once. */
    readonly collapse?: Flag;
    /** How long they wait; then each is passed on.
     * Default: "1s", because who waits longer would have been served sooner. */
    readonly collapse_wait?: Duration;
    /** Whether `Cache-Control` and `Pragma` of requests say nothing about which answers may be used.
     * Default: true, because anybody could have every page made anew by them. */
    readonly ignore_client_no_cache?: Flag;
    /** Whether `Cache-Status` tells what the cache has done (RFC 9211).
     * Default: true, because else nobody sees why something is old, or slow. */
    readonly status_header?: Flag;
    /** Whether answers with `Set-Cookie` are kept: then everybody gets that cookie.
     * Default: false, because a cookie is meant for one client. */
    readonly store_cookies?: Flag;
    /** The field by which backends name the tags of an answer, to be purged by.
     * Default: "surrogate-key", because applications know it from other caches. */
    readonly tags?: string;
  };
  /** Translates calls of browsers (gRPC-Web, binary or text) for backends that speak gRPC. Other requests pass. */
  readonly grpc_web?: {
    /** How long the body of a request in Base64 (`application/grpc-web-text`) may be, as it comes; it is read to its end before a backend is asked. A longer one is refused. Other requests go on as they come, whatever their length.
     * Default: "6MiB", because servers of gRPC take messages of up to 4 MiB, which are a third longer in Base64. */
    readonly max_text?: Size;
  };
  /** Adds, replaces and removes header fields. Values may have places that each request fills: `{client.address}`, `{host}`, `{header.x-user}` and others. Order: remove, set, add, default. */
  readonly headers?: {
    /** Changes of requests on their way to backends. */
    readonly request?: {
      /** Fields that are left out; `x-internal-*` for all that begin so.
       * Default: [], because what is there is there for somebody. */
      readonly remove?: string | readonly string[];
      /** Fields that stand in place of all of their name. */
      readonly set?: Readonly<Record<string, number | string>>;
      /** Fields that are added to those of their name. */
      readonly add?: Readonly<Record<string, number | string>>;
      /** Fields that are set where there is none of their name. */
      readonly default?: Readonly<Record<string, number | string>>;
    };
    /** Changes of answers on their way to clients, also of the gateway's own. */
    readonly response?: {
      /** Fields that are left out; `x-internal-*` for all that begin so.
       * Default: [], because what is there is there for somebody. */
      readonly remove?: string | readonly string[];
      /** Fields that stand in place of all of their name. */
      readonly set?: Readonly<Record<string, number | string>>;
      /** Fields that are added to those of their name. */
      readonly add?: Readonly<Record<string, number | string>>;
      /** Fields that are set where there is none of their name. */
      readonly default?: Readonly<Record<string, number | string>>;
    };
  };
  /** Tells browsers to be careful, on every answer of the tenant, also the gateway's own. */
  readonly security_headers?: {
    /** What is said where nothing else is given here; `none`: nothing.
     * Default: "safe", because these fields break hardly any site. */
    readonly preset?: 'safe' | 'none' | Reference;
    /** Whether a field of the origin stays, or is replaced.
     * Default: "default", because an origin that says something of its own has thought about it. */
    readonly mode?: 'default' | 'force' | Reference;
    /** `Strict-Transport-Security`, to clients that have come by TLS. */
    readonly hsts?: {
      /** Whether it is said at all.
       * Default: true, because a client that has once come by TLS is not to be led away from it. */
      readonly enabled?: Flag;
      /** For how long browsers remember it; 0: they forget it.
       * Default: "365d", because it is renewed by every answer. */
      readonly max_age?: Duration;
      /** Whether it is said of all hosts below this one.
       * Default: false, because one of them may have no TLS yet, and browsers remember. */
      readonly include_subdomains?: Flag;
      /** Whether browsers may be delivered with it.
       * Default: false, because it takes months to be taken back. */
      readonly preload?: Flag;
    };
    /** `X-Content-Type-Options`; `safe`: `nosniff`. */
    readonly content_type_options?: 'nosniff' | 'off' | Reference;
    /** `X-Frame-Options`: who may show the pages in a frame; `safe`: `SAMEORIGIN`. */
    readonly frame_options?: 'DENY' | 'SAMEORIGIN' | 'off' | Reference;
    /** `Referrer-Policy`, or `off`; `safe`: `strict-origin-when-cross-origin`. */
    readonly referrer_policy?: string;
    /** `Content-Security-Policy`. None is safe for every site. */
    readonly content_security_policy?: string;
    /** `Permissions-Policy`, such as `camera=(), microphone=()`. */
    readonly permissions_policy?: string;
    /** `Cross-Origin-Opener-Policy`, such as `same-origin`. */
    readonly cross_origin_opener_policy?: string;
    /** `Cross-Origin-Resource-Policy`, such as `same-site`. */
    readonly cross_origin_resource_policy?: string;
    /** Fields that are left out; `safe`: `Server` and `X-Powered-By`. */
    readonly remove?: string | readonly string[];
  };
  /** Answers with a text of its own: robots.txt, security.txt, a place that is gone. */
  readonly static?: {
    /** The status of the answer.
     * Default: 200, because it is there. */
    readonly status?: Count;
    /** The body. */
    readonly body?: string;
    /** A file with the body, a text of at most 1 MiB. It is read with the configuration. */
    readonly file?: string;
    /** The media type of the body. Absent: by the end of the name of `file`, or plain text: a text that is taken for a page could hold scripts. */
    readonly content_type?: string;
    /** More header fields. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Shows pages of the site in place of errors, to clients that accept their type. The status stays, and what else the answer says. */
  readonly error_pages?: {
    /** Which errors have the page.
     * Default: ["500-599"], because what goes wrong for everybody. */
    readonly statuses?: number | string | readonly (number | string)[];
    /** The page. `{status}`, `{reason}`, `{request_id}` and `{host}` stand for what the request has; other braces stay. */
    readonly inline?: string;
    /** A file with the page, of at most 1 MiB, with the same places. */
    readonly file?: string;
    /** A server that has the page. While it cannot be had, clients get what there was. */
    readonly service?: {
      /** Where the page is, such as `http://errors.internal/{status}.html`. */
      readonly url: string;
      /** How long to wait for it.
       * Default: "1s", because whoever waits has had an error already. */
      readonly timeout?: Duration;
      /** For how long it is kept.
       * Default: "1m", because a server of pages is not to get a request for every error. */
      readonly max_age?: Duration;
    };
    /** The media type of `inline` or `file`. Absent: by the end of its name; HTML. */
    readonly content_type?: string;
    /** Whose errors have the page.
     * Default: "gateway", because what an origin says of its errors, an application may need. */
    readonly from?: 'gateway' | 'origin' | 'both' | Reference;
  };
  /** Sends requests to several pools of the tenant by shares, as for a canary. A client stays in its share; one that grows keeps all whom it has. */
  readonly split?: {
    /** Pools of the tenant, each with its weight: the share of a pool is its weight among all of them. `default` is the pool of the services of the tenant itself. A pool with 0 gets only who asks for it by `override`. */
    readonly pools: Readonly<Record<string, Count>>;
    /** What keeps a client in its share: `cookie` (one that the gateway sets), `client` (its address), `consumer`, `header:NAME`, `cookie:NAME` (a cookie of the site itself), or `none`: each request is drawn anew. A request without that part goes by the address of its client.
     * Default: "cookie", because a browser must not get half of a page from each of two versions. */
    readonly sticky?: string;
    /** The name of the cookie that the gateway sets.
     * Default: "keystone_split", because unlikely to be taken. */
    readonly cookie?: string;
    /** How long a browser keeps that cookie. Absent: until it is closed. */
    readonly max_age?: Duration;
    /** The key that signs the cookies; it must be the same for all gateways of a site. Absent: a new one at each start, so that clients are drawn anew. */
    readonly secret?: string;
    /** With another text other clients are drawn, so that not always the same ones get what is new. Absent: the name of the tenant. */
    readonly seed?: string;
    /** By what clients choose their pool themselves, for tests. Anybody who knows of it may. */
    readonly override?: {
      /** A header field whose value is the name of one of the pools. */
      readonly header?: string;
      /** A cookie whose value is the name of one of the pools. */
      readonly cookie?: string;
    };
    /** Requests of another share go to the pool with the largest one when their own has no backend for them, or fails them so that they may be sent again.
     * Default: true, because an answer of the other version is better than none. */
    readonly fall_back?: Flag;
  };
  /** Sends copies of requests to another pool, and throws its answers away. Clients do not notice. */
  readonly mirror?: {
    /** The pool of the tenant that gets the copies. */
    readonly to: string;
    /** The share of the requests that is copied.
     * Default: "100%", because that pool is to see what the other one sees. */
    readonly share?: Share;
    /** Requests with these methods are copied.
     * Default: ["GET","HEAD"], because others do something, and would do it twice where both versions have one database. */
    readonly methods?: string | readonly string[];
    /** Fields that copies do not have.
     * Default: ["Authorization","Cookie"], because a version on trial must not act for clients, nor be able to lose what they log in by. */
    readonly remove?: string | readonly string[];
    /** Requests with a larger body are not copied. So much is kept for each copy until the request is complete.
     * Default: "64KiB", because together with `in_flight` it bounds the memory to 4 MiB for each process. */
    readonly body?: Size;
    /** So long a copy may take in all.
     * Default: "5s", because one that hangs holds a place. */
    readonly timeout?: Duration;
    /** How many copies may be under way in each process. Further requests are not copied.
     * Default: 64, because a pool that is slower than the other one must not pile up copies. */
    readonly in_flight?: Count;
  };
  /** Checks requests by the description of the API (OpenAPI 3.0 or 3.1): paths, methods, parameters and bodies. What is not described there is refused. */
  readonly openapi?: {
    /** The description of the API, OpenAPI 3.0 or 3.1, as YAML or JSON of at most 4 MiB. References within the file are followed, others are refused. It is read with the configuration. */
    readonly file: string;
    /** What comes before the paths of the description in those that clients send. Absent: the paths of its `servers`. */
    readonly base_path?: string;
    /** What is looked at. */
    readonly validate?: {
      /** Parameters of the path.
       * Default: true, because a description says what they are. */
      readonly path?: Flag;
      /** Parameters of the query.
       * Default: true, because as above. */
      readonly query?: Flag;
      /** Header fields and cookies.
       * Default: true, because as above. */
      readonly headers?: Flag;
      /** The media type of the body, and bodies of JSON and of forms (application/x-www-form-urlencoded). Others are only known by their type.
       * Default: true, because as above. */
      readonly body?: Flag;
    };
    /** A path that the description does not have, or not with that method, is answered with 404 or 405 (`404`), or passes unchecked.
     * Default: 404, because what nobody has described nobody looks after. */
    readonly unknown_path?: number | string;
    /** What happens to parameters of the query that are not described.
     * Default: "pass", because campaigns and proxies add some. */
    readonly unknown_query?: 'pass' | 'refuse' | Reference;
    /** How long a body may be that is looked at; it is read to its end before the request goes on. A longer one is answered with 413.
     * Default: "1MiB", because each one is in memory while it is read. */
    readonly body_max?: Size;
    /** How long the check of one request may take. One that takes longer is refused.
     * Default: "100ms", because nothing else is done meanwhile; real bodies take a few. */
    readonly time?: Duration;
    /** `report`: the log says which answers of backends are not as described. They pass as they are; bodies of JSON up to `body_max` are kept in memory until they are complete.
     * Default: "off", because it costs memory and time, and changes nothing for clients. */
    readonly responses?: 'off' | 'report' | Reference;
    /** `report`: requests that would be refused go on, and the log says what is wrong with them.
     * Default: "refuse", because a check is there to keep out. */
    readonly mode?: 'refuse' | 'report' | Reference;
  };
  /** A set of `policy_sets`, whose policies stand here. */
  readonly use?: string;
  /** A name for logs, metrics and header fields; it must be unique in its list. */
  readonly name?: string;
  /** Which requests it is for. Every list that is given must match. Absent: all requests. */
  readonly when?: {
    /** Methods, such as `[POST, PUT]`. `GET` means `HEAD`, too. */
    readonly methods?: string | readonly string[];
    /** Paths as the client sends them: exact, or with `*` at the end for all that begin so; `/api/*` is for `/api`, too. */
    readonly paths?: string | readonly string[];
    /** Hosts, as in `domains` of a tenant. */
    readonly hosts?: string | readonly string[];
    /** Header fields that must be there, each with one of these values; `*` for any value. */
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    /** Addresses of clients, or ranges of them. */
    readonly clients?: string | readonly string[];
    /** Requests that match this as well are not meant. */
    readonly not?: {
      /** Methods, such as `[POST, PUT]`. `GET` means `HEAD`, too. */
      readonly methods?: string | readonly string[];
      /** Paths as the client sends them: exact, or with `*` at the end for all that begin so; `/api/*` is for `/api`, too. */
      readonly paths?: string | readonly string[];
      /** Hosts, as in `domains` of a tenant. */
      readonly hosts?: string | readonly string[];
      /** Header fields that must be there, each with one of these values; `*` for any value. */
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      /** Addresses of clients, or ranges of them. */
      readonly clients?: string | readonly string[];
    };
  };
  /** Whether it is there at all; `false` leaves it out without taking it out of the file. */
  readonly enabled?: Flag;
};

/** A backend, or a name that leads to several. */
export type ServiceInput = {
  /** Name of the backend, unique in its tenant. */
  readonly name: string;
  /** Where the backend is. A path in it is put before the path of every request, and a query before its query; credentials become an `Authorization` field and are never shown. `unix:/run/app.sock` is a Unix socket; a base path follows after a colon (`unix:/run/app.sock:/base`), and the `http://unix:…` of nginx means the same. */
  readonly url: string;
  /** How requests are sent to it. `h1`: HTTP/1.1, a connection for each. `h2`: HTTP/2, many over one connection; for `http` without asking first (prior knowledge), as servers of gRPC want it. `auto`: for `https` what the backend chooses in the TLS handshake (ALPN), for `http` HTTP/1.1. A WebSocket goes over a stream to a backend of `h2` that says it takes them (RFC 8441), to any other of `h2` as an ordinary request; `auto` uses HTTP/1.1 for it. Any other change of protocol needs HTTP/1.1: `h1` or `auto`.
   * Default: "h1", because every backend speaks it, and a connection that is lost takes one request with it; many origins count their limits by connection. */
  readonly protocol?: 'h1' | 'h2' | 'auto' | Reference;
  /** Path of its health check, with a query if need be. Absent: `health_check.path` of the tenant. Empty: not checked, and always eligible. */
  readonly health?: string;
  /** How the backend proves who it is, and the gateway to it, where its URL begins with https. Checks go by the same. Absent: by a certificate for the host of the URL, from an authority that the system knows (`SSL_CERT_FILE` names a file of others for all). */
  readonly tls?: {
    /** PEM file with the certificates of the authorities that may vouch for the backend, instead of those of the system. It is read at the start and with each reload. */
    readonly ca_file?: string;
    /** The name that is asked for (SNI) and that the certificate must be for. Absent: the host of the URL. */
    readonly server_name?: string;
    /** Whether any certificate is taken, or one for another name. Whoever can answer in the place of the backend then reads and changes all that is sent.
     * Default: false, because TLS with an unknown peer protects from nobody who matters. */
    readonly insecure_skip_verify?: Flag;
    /** PEM file with the certificate by which the gateway proves to the backend who it is, followed by those of its issuers. It is read at the start and with each reload. */
    readonly cert_file?: string;
    /** PEM file with the key of that certificate, not encrypted. */
    readonly key_file?: string;
    /** The public keys of which the backend must have one, each as the SHA-256 of its SubjectPublicKeyInfo in Base64; whether or not its certificate is verified.
     * Default: [], because a certificate of an authority that is trusted is proof enough for most. */
    readonly pins?: string | readonly string[];
  };
  /** How the name in `url` becomes backends. `addresses`: one for each of its addresses. `srv`: one for each address and port in its SRV records (`http://_http._tcp.app.internal`), with their weights and priorities. `none`: one for the name. An IP address is always one backend.
   * Default: "none", because a host is one backend, as in the original, wherever it is at the moment; if it has several addresses, they share its connections. */
  readonly discover?: 'none' | 'addresses' | 'srv' | Reference;
  /** Share of traffic relative to the other services of the tenant.
   * Default: 1, because equal shares. */
  readonly weight?: Count;
  /** Whether it is a backup: it gets requests only while all other services are out.
   * Default: false, because as a rule all backends share the work. */
  readonly backup?: Flag;
  /** Requests that it may have at a time; further ones wait. Absent: `pool.max_connections`; a hundred times that for `protocol: h2`. */
  readonly max_requests?: Count | 'none';
};

/** A tenant: its hosts, its paths, its backends. */
export type TenantInput = {
  /** Name of the tenant, unique in the file. */
  readonly name: string;
  /** Hosts that the tenant answers for, in any case, with any port, and an address however it is written. `*.example.com` is every name with one label more, `example.*` every name that begins like this, whatever its ending (example.de, example.co.uk). An exact host comes before both, and `*.` before `.*`.
   * Default: [], because a tenant may be found by its path alone. */
  readonly domains?: string | readonly string[];
  /** Share of the processor relative to the other tenants, while they want more of it than there is. A tenant that takes less than its share hardly waits, and what it leaves goes to the others.
   * Default: 1, because equal shares. */
  readonly weight?: Count;
  /** The beginning of the tenant's paths, with a slash at both ends; or a list of beginnings. It is removed before a request goes on (`strip_prefix`). With `domains`: on these hosts only. Absent, and no `path`: every path of the hosts.
   * Default: [], because a tenant may be found by its hosts alone. */
  readonly path_prefix?: string | readonly string[];
  /** A path that is the tenant's as a whole, such as `/ws` or `/`, with or without a slash at its end; or a list of paths. It matches nothing longer, comes before every `path_prefix`, and goes on as it is.
   * Default: [], because most tenants have all that is below a path. */
  readonly path?: string | readonly string[];
  /** Names of the listeners that the tenant is served on. Absent: all, an address of the command line among them. */
  readonly listeners?: string | readonly string[];
  /** The backends of the tenant.
   * Default: [], because a tenant without backends loads and answers 503, as it does when all its backends are down. */
  readonly services?: readonly ServiceInput[];
  /** Which backend gets the next request: the name of a balancer, or a map with its options.
   * Default: "round_robin", because as in the original; equal shares need no knowledge of the origins. */
  readonly balance?:
    | 'round_robin'
    | 'least_requests'
    | 'p2c'
    | 'peak_ewma'
    | 'random'
    | 'consistent_hash'
    | 'rendezvous'
    | 'first'
    | {
        /** Each backend in turn, in proportion to its weight, spread evenly over the cycle. */
        readonly type: 'round_robin';
      }
    | {
        /** The backend that has the fewest requests for its weight; among equals in turn, in proportion to the weights. */
        readonly type: 'least_requests';
      }
    | {
        /** Of two backends, chosen at random in proportion to the weights, the one that has fewer requests for its weight. */
        readonly type: 'p2c';
      }
    | {
        /** Of two backends, chosen at random in proportion to the weights, the one with the lower expected wait: its average latency, which jumps to peaks, times its requests in flight. */
        readonly type: 'peak_ewma';
        /** How long a measured latency counts: after this time without a new one, a third of it is left.
         * Default: "10s", because long enough to smooth out a garbage collection, short enough that a backend that was slow is tried again within half a minute. */
        readonly decay?: Duration;
      }
    | {
        /** At random, in proportion to the weights. */
        readonly type: 'random';
      }
    | {
        /** The same key to the same backend; a backend that leaves or joins moves only its own share of the keys. */
        readonly type: 'consistent_hash';
        /** The part of a request that is its key: the same key goes to the same backend. Without it, the key is the client address.
         * Default: "client", because every request has a client address. */
        readonly key?: string;
        /** No backend gets more than this many times its fair share of the requests in flight; a key whose backend is at that limit goes to another for the moment. 1.25 suits caches.
         * Default: "none", because sessions stay together at any load. */
        readonly load_factor?: Count | 'none';
        /** Points on the ring for each unit of weight. Each takes 12 to 16 B.
         * Default: 160, because shares are even to within some 10 %; more points are more even and take more memory. */
        readonly points?: Count;
      }
    | {
        /** The same key to the same backend, without a table: exact shares for any weights. A pick computes a hash for every backend; in pools of more than ten consistent_hash is faster. */
        readonly type: 'rendezvous';
        /** The part of a request that is its key: the same key goes to the same backend. Without it, the key is the client address.
         * Default: "client", because every request has a client address. */
        readonly key?: string;
      }
    | {
        /** The first eligible backend in the order of the configuration; the others stand by. Weights do not count. */
        readonly type: 'first';
      };
  /** How the backends are checked. */
  readonly health_check?: HealthCheckInput;
  /** The original's name for `health_check.interval`, which takes precedence. A number counts seconds; 0 and less mean 30s, as in the original. */
  readonly health_interval?: Duration;
  /** How real traffic takes a backend out for a while. */
  readonly outlier_ejection?: OutlierEjectionInput;
  /** Keeps a client with the backend that answered it first, by a signed cookie. While that backend is not eligible, another one serves the client. Absent: each request goes where the balancer sends it. */
  readonly affinity?: {
    /** Name of the cookie. In a pool of another name than `default`, this one and the one of the tenant get `-` and the name of the pool at the end.
     * Default: "keystone_affinity", because unlikely to be taken. */
    readonly cookie?: string;
    /** The key that signs the cookies; it must be the same for all gateways of a site. Absent: a new one at each start, so that older cookies no longer count. */
    readonly secret?: string;
    /** How long a browser keeps the cookie. Absent: until it is closed. */
    readonly max_age?: Duration;
  };
  /** How a backend that comes back gets its share of the traffic again. */
  readonly slow_start?: {
    /** How long it takes until the backend has its whole share; 0: it has it at once.
     * Default: 0, because most origins are warm when their health page answers; set it where caches or a compiler have to warm up. */
    readonly time?: Duration;
    /** The part of its share with which it begins.
     * Default: "10%", because too little to overload a cold backend, and enough to warm it up. */
    readonly min_share?: Share;
  };
  /** What happens to a request when no backend is eligible: `fail` answers 503; `any` tries the least bad ones; `last_known` tries those that were eligible last. What an operator has taken out stays out.
   * Default: "fail", because the client gets an honest error at once, and backends that are known to be down do not get the load of all. */
  readonly when_none_eligible?: 'fail' | 'any' | 'last_known' | Reference;
  /** What happens when a backend fails before its response has begun. */
  readonly retry?: RetryInput;
  /** Connections to the backends of the tenant. */
  readonly pool?: PoolInput;
  /** More pools, by names: what `routes` lead to. What a pool leaves out it has from its tenant, maps key by key. A backend of a pool is called `POOL/SERVICE`, such as `canary/b1`. The services of the tenant itself are the pool `default`. */
  readonly pools?: Readonly<
    Record<
      string,
      {
        /** The backends of the pool.
         * Default: [], because a pool without backends loads, and requests to it are answered with 503. */
        readonly services?: readonly {
          /** Name of the backend, unique in its tenant. */
          readonly name: string;
          /** Where the backend is. A path in it is put before the path of every request, and a query before its query; credentials become an `Authorization` field and are never shown. `unix:/run/app.sock` is a Unix socket; a base path follows after a colon (`unix:/run/app.sock:/base`), and the `http://unix:…` of nginx means the same. */
          readonly url: string;
          /** How requests are sent to it. `h1`: HTTP/1.1, a connection for each. `h2`: HTTP/2, many over one connection; for `http` without asking first (prior knowledge), as servers of gRPC want it. `auto`: for `https` what the backend chooses in the TLS handshake (ALPN), for `http` HTTP/1.1. A WebSocket goes over a stream to a backend of `h2` that says it takes them (RFC 8441), to any other of `h2` as an ordinary request; `auto` uses HTTP/1.1 for it. Any other change of protocol needs HTTP/1.1: `h1` or `auto`.
           * Default: "h1", because every backend speaks it, and a connection that is lost takes one request with it; many origins count their limits by connection. */
          readonly protocol?: 'h1' | 'h2' | 'auto' | Reference;
          /** Path of its health check, with a query if need be. Absent: `health_check.path` of the tenant. Empty: not checked, and always eligible. */
          readonly health?: string;
          /** How the backend proves who it is, and the gateway to it, where its URL begins with https. Checks go by the same. Absent: by a certificate for the host of the URL, from an authority that the system knows (`SSL_CERT_FILE` names a file of others for all). */
          readonly tls?: {
            /** PEM file with the certificates of the authorities that may vouch for the backend, instead of those of the system. It is read at the start and with each reload. */
            readonly ca_file?: string;
            /** The name that is asked for (SNI) and that the certificate must be for. Absent: the host of the URL. */
            readonly server_name?: string;
            /** Whether any certificate is taken, or one for another name. Whoever can answer in the place of the backend then reads and changes all that is sent.
             * Default: false, because TLS with an unknown peer protects from nobody who matters. */
            readonly insecure_skip_verify?: Flag;
            /** PEM file with the certificate by which the gateway proves to the backend who it is, followed by those of its issuers. It is read at the start and with each reload. */
            readonly cert_file?: string;
            /** PEM file with the key of that certificate, not encrypted. */
            readonly key_file?: string;
            /** The public keys of which the backend must have one, each as the SHA-256 of its SubjectPublicKeyInfo in Base64; whether or not its certificate is verified.
             * Default: [], because a certificate of an authority that is trusted is proof enough for most. */
            readonly pins?: string | readonly string[];
          };
          /** How the name in `url` becomes backends. `addresses`: one for each of its addresses. `srv`: one for each address and port in its SRV records (`http://_http._tcp.app.internal`), with their weights and priorities. `none`: one for the name. An IP address is always one backend.
           * Default: "none", because a host is one backend, as in the original, wherever it is at the moment; if it has several addresses, they share its connections. */
          readonly discover?: 'none' | 'addresses' | 'srv' | Reference;
          /** Share of traffic relative to the other services of the tenant.
           * Default: 1, because equal shares. */
          readonly weight?: Count;
          /** Whether it is a backup: it gets requests only while all other services are out.
           * Default: false, because as a rule all backends share the work. */
          readonly backup?: Flag;
          /** Requests that it may have at a time; further ones wait. Absent: `pool.max_connections`; a hundred times that for `protocol: h2`. */
          readonly max_requests?: Count | 'none';
        }[];
        /** `balance` of this pool. */
        readonly balance?:
          | 'round_robin'
          | 'least_requests'
          | 'p2c'
          | 'peak_ewma'
          | 'random'
          | 'consistent_hash'
          | 'rendezvous'
          | 'first'
          | {
              /** Each backend in turn, in proportion to its weight, spread evenly over the cycle. */
              readonly type: 'round_robin';
            }
          | {
              /** The backend that has the fewest requests for its weight; among equals in turn, in proportion to the weights. */
              readonly type: 'least_requests';
            }
          | {
              /** Of two backends, chosen at random in proportion to the weights, the one that has fewer requests for its weight. */
              readonly type: 'p2c';
            }
          | {
              /** Of two backends, chosen at random in proportion to the weights, the one with the lower expected wait: its average latency, which jumps to peaks, times its requests in flight. */
              readonly type: 'peak_ewma';
              /** How long a measured latency counts: after this time without a new one, a third of it is left.
               * Default: "10s", because long enough to smooth out a garbage collection, short enough that a backend that was slow is tried again within half a minute. */
              readonly decay?: Duration;
            }
          | {
              /** At random, in proportion to the weights. */
              readonly type: 'random';
            }
          | {
              /** The same key to the same backend; a backend that leaves or joins moves only its own share of the keys. */
              readonly type: 'consistent_hash';
              /** The part of a request that is its key: the same key goes to the same backend. Without it, the key is the client address.
               * Default: "client", because every request has a client address. */
              readonly key?: string;
              /** No backend gets more than this many times its fair share of the requests in flight; a key whose backend is at that limit goes to another for the moment. 1.25 suits caches.
               * Default: "none", because sessions stay together at any load. */
              readonly load_factor?: Count | 'none';
              /** Points on the ring for each unit of weight. Each takes 12 to 16 B.
               * Default: 160, because shares are even to within some 10 %; more points are more even and take more memory. */
              readonly points?: Count;
            }
          | {
              /** The same key to the same backend, without a table: exact shares for any weights. A pick computes a hash for every backend; in pools of more than ten consistent_hash is faster. */
              readonly type: 'rendezvous';
              /** The part of a request that is its key: the same key goes to the same backend. Without it, the key is the client address.
               * Default: "client", because every request has a client address. */
              readonly key?: string;
            }
          | {
              /** The first eligible backend in the order of the configuration; the others stand by. Weights do not count. */
              readonly type: 'first';
            };
        /** `health_check` of this pool. */
        readonly health_check?: HealthCheckInput;
        /** `health_interval` of this pool. */
        readonly health_interval?: Duration;
        /** `outlier_ejection` of this pool. */
        readonly outlier_ejection?: OutlierEjectionInput;
        /** `affinity` of this pool. */
        readonly affinity?: {
          /** Name of the cookie. In a pool of another name than `default`, this one and the one of the tenant get `-` and the name of the pool at the end.
           * Default: "keystone_affinity", because unlikely to be taken. */
          readonly cookie?: string;
          /** The key that signs the cookies; it must be the same for all gateways of a site. Absent: a new one at each start, so that older cookies no longer count. */
          readonly secret?: string;
          /** How long a browser keeps the cookie. Absent: until it is closed. */
          readonly max_age?: Duration;
        };
        /** `slow_start` of this pool. */
        readonly slow_start?: {
          /** How long it takes until the backend has its whole share; 0: it has it at once.
           * Default: 0, because most origins are warm when their health page answers; set it where caches or a compiler have to warm up. */
          readonly time?: Duration;
          /** The part of its share with which it begins.
           * Default: "10%", because too little to overload a cold backend, and enough to warm it up. */
          readonly min_share?: Share;
        };
        /** `when_none_eligible` of this pool. */
        readonly when_none_eligible?: 'fail' | 'any' | 'last_known' | Reference;
        /** `retry` of this pool. */
        readonly retry?: RetryInput;
        /** `pool` of this pool. */
        readonly pool?: PoolInput;
        /** `pass_host_header` of this pool. */
        readonly pass_host_header?: Flag;
        /** `timeouts` of this pool. */
        readonly timeouts?: TenantTimeoutsInput;
      }
    >
  >;
  /** Which requests go to which pool, or get which answer. The most specific route comes first, wherever it stands: an exact path, then the longest literal beginning, then the most conditions. Two that are as specific as each other are a mistake if a request may have both. Where none matches, the services of the tenant itself serve; without any the answer is 404.
   * Default: [], because most tenants have one pool, for every path. */
  readonly routes?: readonly {
    /** A name for people, unique in the tenant. */
    readonly name?: string;
    /** Which requests it is for: one of the paths must match, and everything else that is given. Paths are whole ones, as clients send them, with the `path_prefix` of the tenant. Without a path: every path of the tenant. */
    readonly match?: {
      /** A path as a whole, such as `/login`; or a list. */
      readonly path?: string | readonly string[];
      /** The beginning of paths, with a slash at both ends; or a list. `/api/` is for `/api`, too. */
      readonly path_prefix?: string | readonly string[];
      /** A path with parameters, such as `/users/{id}`; or a list. A parameter stands for one segment that is not empty. */
      readonly path_template?: string | readonly string[];
      /** Methods, such as `[GET, HEAD]`. Absent: all. */
      readonly methods?: string | readonly string[];
      /** Header fields that must be there, each with one of these values; `*` for any value. */
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      /** Parameters of the query that must be there, each with one of these values; `*` for any value. Where one is there several times, one of them is enough. */
      readonly query?: Readonly<Record<string, string | readonly string[]>>;
      /** Some of the hosts of the tenant, as in `domains`. Absent: all of them. */
      readonly hosts?: string | readonly string[];
    };
    /** The pool that they go to, by its name in `pools`; `default`: the services of the tenant itself, as where nothing is said. */
    readonly pool?: string;
    /** Sends clients elsewhere. `/.well-known/acme-challenge/` is exempt: there authorities of certificates ask for a host by plain HTTP. */
    readonly redirect?: {
      /** Where to, as a URL or a path, with places such as `{host}`, `{path}` and `{query}`. Of `to` and `https` there is one. */
      readonly to?: string;
      /** Requests that came without TLS go to the same address by https. All others go on.
       * Default: false, because a redirect has its own `to` as a rule. */
      readonly https?: Flag;
      /** The port that `https` names.
       * Default: 443, because the usual one, which no URL has to name. */
      readonly port?: Count;
      /** The status of the answer.
       * Default: 308, because after a 301 or 302, clients make a GET of a POST. */
      readonly status?: number | string;
    };
    /** Answers with a text of its own: robots.txt, security.txt, a place that is gone. */
    readonly static?: {
      /** The status of the answer.
       * Default: 200, because it is there. */
      readonly status?: Count;
      /** The body. */
      readonly body?: string;
      /** A file with the body, a text of at most 1 MiB. It is read with the configuration. */
      readonly file?: string;
      /** The media type of the body. Absent: by the end of the name of `file`, or plain text: a text that is taken for a page could hold scripts. */
      readonly content_type?: string;
      /** More header fields. */
      readonly headers?: Readonly<Record<string, string>>;
    };
    /** Sends requests to several pools of the tenant by shares, as for a canary. A client stays in its share; one that grows keeps all whom it has. */
    readonly split?: {
      /** Pools of the tenant, each with its weight: the share of a pool is its weight among all of them. `default` is the pool of the services of the tenant itself. A pool with 0 gets only who asks for it by `override`. */
      readonly pools: Readonly<Record<string, Count>>;
      /** What keeps a client in its share: `cookie` (one that the gateway sets), `client` (its address), `consumer`, `header:NAME`, `cookie:NAME` (a cookie of the site itself), or `none`: each request is drawn anew. A request without that part goes by the address of its client.
       * Default: "cookie", because a browser must not get half of a page from each of two versions. */
      readonly sticky?: string;
      /** The name of the cookie that the gateway sets.
       * Default: "keystone_split", because unlikely to be taken. */
      readonly cookie?: string;
      /** How long a browser keeps that cookie. Absent: until it is closed. */
      readonly max_age?: Duration;
      /** The key that signs the cookies; it must be the same for all gateways of a site. Absent: a new one at each start, so that clients are drawn anew. */
      readonly secret?: string;
      /** With another text other clients are drawn, so that not always the same ones get what is new. Absent: the name of the tenant. */
      readonly seed?: string;
      /** By what clients choose their pool themselves, for tests. Anybody who knows of it may. */
      readonly override?: {
        /** A header field whose value is the name of one of the pools. */
        readonly header?: string;
        /** A cookie whose value is the name of one of the pools. */
        readonly cookie?: string;
      };
      /** Requests of another share go to the pool with the largest one when their own has no backend for them, or fails them so that they may be sent again.
       * Default: true, because an answer of the other version is better than none. */
      readonly fall_back?: Flag;
    };
    /** Whether what `path_prefix` of the route has matched is removed before a request goes on. Absent: as the tenant does with its own prefix. */
    readonly strip_prefix?: Flag;
    /** Policies of the route, after those of the tenant.
     * Default: [], because most routes need none of their own. */
    readonly policies?: readonly PolicyInput[];
  }[];
  /** Whether the `path_prefix` that has matched is removed before a request goes on. Origins learn it from `X-Forwarded-Prefix`.
   * Default: true, because as in the original; an origin need not know where it stands. */
  readonly strip_prefix?: Flag;
  /** Whether places in answers are changed as the client knows them: `Location`, `Content-Location` and the `Path` of cookies get the prefix that was removed, lose the path of the service's URL, and have the client's host instead of the service's own. `Destination` of WebDAV requests is changed the other way. What has the prefix already stays.
   * Default: true, because otherwise redirects lead out of the prefix, cookies do not come back, and addresses of the inside get out. */
  readonly map_back?: Flag;
  /** Whether origins see the Host that the client sent; otherwise the host of their own URL.
   * Default: true, because as in the original; origins that make links need it. */
  readonly pass_host_header?: Flag;
  /** Whether TRACE requests go on to origins. To one with `Max-Forwards: 0` the gateway itself answers, with the request as it came but for the fields that hold secrets.
   * Default: false, because a response to TRACE repeats the request: of use for debugging, but also for scripts that want to read cookies. */
  readonly allow_trace?: Flag;
  /** Names of fields that go on to origins although clients themselves may have sent them: X-Forwarded-*, X-Original-*, X-Rewrite-*, Remote-*, SSL-Client-*, X-SSL-*, X-Client-Cert-*, True-Client-IP and others by which only proxies in `trusted_proxies` may speak. Those that the gateway sets itself cannot be listed.
   * Default: [], because any client can send these fields, and many frameworks believe them: who it is, what it asks for. */
  readonly allow_claims?: string | readonly string[];
  /** Whether origins get the trailers of chunked requests, except for fields that frame, route or authenticate a request or change how it is processed.
   * Default: false, because trailers come when all rules have run, and many origins merge them into the header. */
  readonly request_trailers?: Flag;
  /** Where the tenant differs from `timeouts`. */
  readonly timeouts?: TenantTimeoutsInput;
  /** Where the tenant differs from `access_log`. It may have one although the gateway has none. */
  readonly access_log?: {
    /** Overrides `access_log.enabled` for this tenant. */
    readonly enabled?: Flag;
    /** Overrides `access_log.format` for this tenant. */
    readonly format?: string;
    /** Overrides `access_log.output` for this tenant. */
    readonly output?: string;
    /** Overrides `access_log.query` for this tenant. */
    readonly query?: Flag;
    /** Overrides `access_log.request_fields` for this tenant. */
    readonly request_fields?: string | readonly string[];
    /** Overrides `access_log.response_fields` for this tenant. */
    readonly response_fields?: string | readonly string[];
    /** Overrides `access_log.redact` for this tenant. */
    readonly redact?: string | readonly string[];
    /** Overrides `access_log.sample` for this tenant. */
    readonly sample?: Share;
    /** Overrides `access_log.slow_after` for this tenant. */
    readonly slow_after?: Duration;
  };
  /** Where the tenant differs from `compression`. */
  readonly compression?: CompressionInput;
  /** Where the tenant differs from `limits`. */
  readonly limits?: TenantLimitsInput;
  /** TLS for the hosts of the tenant. It is agreed on before a path is known: tenants that share a host must not differ. Absent: as the gateway has it. */
  readonly tls?: {
    /** PEM file with a certificate for hosts of the tenant, followed by those of its issuers. It comes before the gateway's own, and is shown for no host that the tenant does not have. Watched. */
    readonly cert_file?: string;
    /** PEM file with its private key, not encrypted; it may be the same file. Watched. */
    readonly key_file?: string;
    /** Whether its hosts get certificates by `acme`, where `acme` is set and the tenant names no files. With `false` they are served with what else there is.
     * Default: true, because `acme` at the top level is meant for all tenants. */
    readonly acme?: Flag;
    /** As `tls.policy`, for its hosts. Absent: as there. */
    readonly policy?: 'intermediate' | 'modern' | Reference;
    /** The oldest version of TLS that is spoken. Absent: as `policy` has it. */
    readonly min_version?: number | string;
    /** Ciphers for TLS 1.2, by their names in OpenSSL: of those that a client can speak, the first is taken. TLS 1.3 has its own, which are all good. Absent: those of `policy`, of which the client chooses. */
    readonly ciphers?:
      | 'ECDHE-ECDSA-AES128-GCM-SHA256'
      | 'ECDHE-RSA-AES128-GCM-SHA256'
      | 'ECDHE-ECDSA-AES256-GCM-SHA384'
      | 'ECDHE-RSA-AES256-GCM-SHA384'
      | 'ECDHE-ECDSA-CHACHA20-POLY1305'
      | 'ECDHE-RSA-CHACHA20-POLY1305'
      | 'ECDHE-ECDSA-AES128-SHA256'
      | 'ECDHE-RSA-AES128-SHA256'
      | 'ECDHE-ECDSA-AES128-SHA'
      | 'ECDHE-RSA-AES128-SHA'
      | 'ECDHE-ECDSA-AES256-SHA'
      | 'ECDHE-RSA-AES256-SHA'
      | 'AES128-GCM-SHA256'
      | 'AES256-GCM-SHA384'
      | 'AES128-SHA'
      | 'AES256-SHA'
      | Reference
      | readonly (
          | 'ECDHE-ECDSA-AES128-GCM-SHA256'
          | 'ECDHE-RSA-AES128-GCM-SHA256'
          | 'ECDHE-ECDSA-AES256-GCM-SHA384'
          | 'ECDHE-RSA-AES256-GCM-SHA384'
          | 'ECDHE-ECDSA-CHACHA20-POLY1305'
          | 'ECDHE-RSA-CHACHA20-POLY1305'
          | 'ECDHE-ECDSA-AES128-SHA256'
          | 'ECDHE-RSA-AES128-SHA256'
          | 'ECDHE-ECDSA-AES128-SHA'
          | 'ECDHE-RSA-AES128-SHA'
          | 'ECDHE-ECDSA-AES256-SHA'
          | 'ECDHE-RSA-AES256-SHA'
          | 'AES128-GCM-SHA256'
          | 'AES256-GCM-SHA384'
          | 'AES128-SHA'
          | 'AES256-SHA'
          | Reference
        )[];
    /** Certificates of clients of its hosts. Absent: as `tls.client_auth`. */
    readonly client_auth?: {
      /** Whether clients are asked for a certificate. `request`: those that have none, or one of an authority that is not in `ca_file`, go on without. `require`: they get nowhere.
       * Default: "none", because clients of most sites have no certificates. */
      readonly mode?: 'none' | 'request' | 'require' | Reference;
      /** PEM file with the certificates of the authorities that issue those of clients. Needed where clients are asked. Read at the start and with each reload. */
      readonly ca_file?: string;
    };
  };
  /** Browsers are told to come by https alone, as by `hsts` of the policy `security_headers`: to clients that have come by TLS, unless the answer says it itself. `{}` is enough. Absent: nothing is said. */
  readonly hsts?: {
    /** Whether it is said at all.
     * Default: true, because a client that has once come by TLS is not to be led away from it. */
    readonly enabled?: Flag;
    /** For how long browsers remember it; 0: they forget it.
     * Default: "365d", because it is renewed by every answer. */
    readonly max_age?: Duration;
    /** Whether it is said of all hosts below this one.
     * Default: false, because one of them may have no TLS yet, and browsers remember. */
    readonly include_subdomains?: Flag;
    /** Whether browsers may be delivered with it.
     * Default: false, because it takes months to be taken back. */
    readonly preload?: Flag;
  };
  /** What is done to requests and answers on their way, in this order for requests and in the reverse order for answers. Each is a map with the type of a policy as its key, and beside it `name`, `when`, `enabled`.
   * Default: [], because a tenant that asks for nothing passes on what comes. */
  readonly policies?: readonly PolicyInput[];
  /** A script of the original's. Accepted and not run. */
  readonly lua_routes?: unknown;
};

/** A whole configuration. */
export type ConfigInput = {
  /** Files with tenants of their own, by paths or globs (`*`, `?`, `[ab]`, `{a,b}`, `**` for any folders), relative to this file. They are read in the order of their names, at most 10000 of them, all together up to 16 MiB. An included file has `tenants` alone, and keys `x-…`; it is YAML or a program as this one. A glob that matches nothing is a warning, a path that does not exist a mistake; names that begin with a dot match only a dot.
   * Default: [], because most gateways have one file. */
  readonly include?: string | readonly string[];
  /** What happens to a configuration in which a tenant, or a whole included file, is broken. `refuse`: nothing of it is put in force. `keep_last_good`: the broken tenant keeps its last good version, is shown as degraded with the reasons, and all others go live; where no version of it is known, it is left out. What is broken outside of tenants is always refused, and `keystone check` finds either wrong.
   * Default: "refuse", because a configuration is in force as a whole, as it was written, unless somebody chooses otherwise. */
  readonly on_invalid_tenant?: 'refuse' | 'keep_last_good' | Reference;
  /** The path below which the admin API answers on every listener and host, besides its own address; with or without a slash at its end. It hides that path of every tenant. Operators need a token there. Absent: on no listener. */
  readonly admin_base_path?: string;
  /** The admin API: where it listens, and who may use it. */
  readonly admin?: {
    /** Where the admin API listens for operators and for the commands of `keystone`: an address, a Unix socket (`unix:/run/keystone.sock`, see `socket_mode`), or `none`. An address that is not this machine alone needs `tokens`. Absent: `127.0.0.1:9901`; if another program has that, the gateway does without and says so. */
    readonly address?: string;
    /** Who may use a Unix socket at `address`, as chmod has it. Whoever may is an operator with all rights, and needs no token.
     * Default: "0600", because only the user that the gateway runs as may give it orders. */
    readonly socket_mode?: string;
    /** Whose the file of a Unix socket at `address` is besides, by the name or the number of a group: with `socket_mode: "0660"` its members are operators. Absent: the group that the gateway runs as. */
    readonly socket_group?: string;
    /** Bearer tokens of operators: texts, or maps that give them names. With any, the admin API serves only requests that carry one, except on a Unix socket.
     * Default: [], because without tokens the admin API serves operators at its own address only. */
    readonly tokens?: readonly (
      | string
      | {
          /** Who has it, as the log and the events say. Absent: `token 1` and so on. */
          readonly name?: string;
          /** What the token is known by: `keystone token create` prints it beside the token. Whoever reads the configuration does not learn the token. */
          readonly hash?: string;
          /** The token itself, of at least 16 characters, in place of its `hash`. */
          readonly token?: string;
          /** What it allows: to look (`read`); to drain, disable and weigh backends, turn maintenance on, and purge caches as well (`operate`); or everything, such as to reload and to change the configuration (`admin`).
           * Default: "admin", because tokens of earlier versions allow everything. */
          readonly scope?: 'read' | 'operate' | 'admin' | Reference;
          /** It shows and touches nothing but these tenants, so that a customer can have a page of their own. Absent: all tenants, and the gateway itself. */
          readonly tenants?: string | readonly string[];
        }
    )[];
    /** Names that the admin API is reached by at `address`, such as `gateway.internal`, or `*.internal` for any label before it. Requests for another name are refused, also with a token or a cookie: a page that lets its own name lead to the gateway gets nowhere. Addresses, `localhost` and the host of `address` are always known; a Unix socket and the listeners of clients take any.
     * Default: [], because most ask for an address, or on the machine itself. */
    readonly hosts?: string | readonly string[];
    /** The longest body of a request to the admin API. A longer one is answered with 413.
     * Default: "4MiB", because a configuration with ten thousand tenants in one file has about that. */
    readonly max_body?: Size;
    /** What `GET {admin_base_path}/health` tells clients that are no operators: the state of the gateway in one word, all (the names of tenants, how many backends serve, version and uptime), or nothing.
     * Default: "status", because load balancers need the word, and strangers need no names. */
    readonly public_health?: 'status' | 'full' | 'none' | Reference;
  };
  /** Whether every client is told why its request has failed: names of backends, their states, what their checks have shown. Otherwise only operators and requests with one of `admin.tokens` are; all get a sentence, the id of the request, and when to try again. The reasons are in the log.
   * Default: false, because the reasons tell strangers how the inside is built. */
  readonly public_details?: Flag;
  /** Who is told the id of a request, by X-Request-Id: backends and clients, or only backends. That of a trusted proxy is kept.
   * Default: "both", because a client that reports a fault can name the request that the log has. */
  readonly request_id?: 'both' | 'requests' | Reference;
  /** Whether health checks of the type `exec` may run programs on this machine, as the user that the gateway runs as.
   * Default: false, because a person who may edit tenants should be able to run programs only if that is intended. */
  readonly allow_exec_checks?: Flag;
  /** Whom the gateway becomes when it has bound its addresses and read its files, before it serves anybody. It must be started as root then. What only root may read or bind, a reload cannot read or bind any more. Absent: it stays who it is. Read at the start. */
  readonly user?: number | string;
  /** The group that it then has, and no other but those of `user`. Absent: the group of `user`. Read at the start. */
  readonly group?: number | string;
  /** TLS towards clients. Absent, and no certificate elsewhere: plain HTTP. */
  readonly tls?: {
    /** Whether the gateway speaks TLS to clients.
     * Default: true, because a configuration that names a certificate means to use it. */
    readonly enabled?: Flag;
    /** PEM file with the certificate, followed by those of its issuers. It is also for clients that ask for no name, or for one that nobody has (`unknown_names`). Needed when TLS is on and nothing else names a certificate. It is watched, and read again when it changes. */
    readonly cert_file?: string;
    /** PEM file with the private key of the certificate, not encrypted; it may be the same file. Watched as well. */
    readonly key_file?: string;
    /** What becomes of a client that asks for a name that no certificate is for, or for none. `default`: it is shown `cert_file`, or else the first of `certificates`. `refuse`: its handshake fails.
     * Default: "default", because checks of load balancers and old programs ask for no name. */
    readonly unknown_names?: 'default' | 'refuse' | Reference;
    /** How TLS is spoken, as Mozilla recommends: `intermediate` is TLS 1.2 with good ciphers and TLS 1.3, `modern` is TLS 1.3 alone.
     * Default: "intermediate", because programs of the last ten years can speak it. */
    readonly policy?: 'intermediate' | 'modern' | Reference;
    /** The oldest version of TLS that is spoken. Absent: as `policy` has it. */
    readonly min_version?: number | string;
    /** Ciphers for TLS 1.2, by their names in OpenSSL: of those that a client can speak, the first is taken. TLS 1.3 has its own, which are all good. Absent: those of `policy`, of which the client chooses. */
    readonly ciphers?:
      | 'ECDHE-ECDSA-AES128-GCM-SHA256'
      | 'ECDHE-RSA-AES128-GCM-SHA256'
      | 'ECDHE-ECDSA-AES256-GCM-SHA384'
      | 'ECDHE-RSA-AES256-GCM-SHA384'
      | 'ECDHE-ECDSA-CHACHA20-POLY1305'
      | 'ECDHE-RSA-CHACHA20-POLY1305'
      | 'ECDHE-ECDSA-AES128-SHA256'
      | 'ECDHE-RSA-AES128-SHA256'
      | 'ECDHE-ECDSA-AES128-SHA'
      | 'ECDHE-RSA-AES128-SHA'
      | 'ECDHE-ECDSA-AES256-SHA'
      | 'ECDHE-RSA-AES256-SHA'
      | 'AES128-GCM-SHA256'
      | 'AES256-GCM-SHA384'
      | 'AES128-SHA'
      | 'AES256-SHA'
      | Reference
      | readonly (
          | 'ECDHE-ECDSA-AES128-GCM-SHA256'
          | 'ECDHE-RSA-AES128-GCM-SHA256'
          | 'ECDHE-ECDSA-AES256-GCM-SHA384'
          | 'ECDHE-RSA-AES256-GCM-SHA384'
          | 'ECDHE-ECDSA-CHACHA20-POLY1305'
          | 'ECDHE-RSA-CHACHA20-POLY1305'
          | 'ECDHE-ECDSA-AES128-SHA256'
          | 'ECDHE-RSA-AES128-SHA256'
          | 'ECDHE-ECDSA-AES128-SHA'
          | 'ECDHE-RSA-AES128-SHA'
          | 'ECDHE-ECDSA-AES256-SHA'
          | 'ECDHE-RSA-AES256-SHA'
          | 'AES128-GCM-SHA256'
          | 'AES256-GCM-SHA384'
          | 'AES128-SHA'
          | 'AES256-SHA'
          | Reference
        )[];
    /** Whether a client that comes again takes up its session by a ticket, which saves both sides a part of the handshake. Each process has keys of its own for tickets, and changes them every two days.
     * Default: true, because browsers open several connections, and come again. */
    readonly session_tickets?: Flag;
    /** Certificates of clients. */
    readonly client_auth?: {
      /** Whether clients are asked for a certificate. `request`: those that have none, or one of an authority that is not in `ca_file`, go on without. `require`: they get nowhere.
       * Default: "none", because clients of most sites have no certificates. */
      readonly mode?: 'none' | 'request' | 'require' | Reference;
      /** PEM file with the certificates of the authorities that issue those of clients. Needed where clients are asked. Read at the start and with each reload. */
      readonly ca_file?: string;
    };
  };
  /** Certificates for all hosts that they have names for, besides `tls.cert_file`. The exact name comes before a wildcard, the certificate of a tenant before these. For a name, one with an ECDSA key and one with an RSA key are served beside each other; of several of a kind, the one that is valid for the longest time. All files are watched: what changes is in force for new connections at once, unless it cannot be used.
   * Default: [], because many gateways have one certificate. */
  readonly certificates?: readonly {
    /** PEM file with a certificate, followed by those of its issuers. */
    readonly cert_file?: string;
    /** PEM file with its private key, not encrypted; it may be the same file. */
    readonly key_file?: string;
    /** A folder with certificates and their keys: `NAME.crt` beside `NAME.key`; `NAME.pem` with both; `NAME/fullchain.pem` beside `NAME/privkey.pem`, as certbot has them; `NAME/tls.crt` beside `NAME/tls.key`, as Kubernetes has them. All else in it is left alone. A pair that cannot be used is reported, and the others are served. */
    readonly folder?: string;
  }[];
  /** Certificates that the gateway gets and renews by itself, from authorities that speak ACME (RFC 8555): one for every host of a tenant that has no certificate of its own (`tenants[].tls`). Keys and certificates are kept in `state_dir`. Absent: it gets none. */
  readonly acme?: {
    /** Where the authority may write to about the account. Absent: it knows no address. */
    readonly email?: string;
    /** Whether you agree to the terms of service of the authorities. With `false`, only authorities without such terms give certificates.
     * Default: true, because no public authority gives certificates otherwise; whoever sets `acme` asks for them. */
    readonly agree_to_terms?: Flag;
    /** The certificate authorities. The first one is asked; the next only where the one before cannot be reached, does not answer, or fails for a reason that has nothing to do with the name.
     * Default: [{"url":"https://acme-v02.api.letsencrypt.org/directory"}], because Let's Encrypt, which costs nothing and every client knows. */
    readonly directories?: readonly {
      /** The URL of the authority's directory. */
      readonly url: string;
      /** What binds the account to one that exists there already. Some authorities want it. */
      readonly eab?: {
        /** The name of the key, as the authority has given it. */
        readonly id: string;
        /** The key, in base64url: a secret, which belongs into a variable of the environment. */
        readonly key: string;
      };
      /** PEM file with the certificates of the authorities by which the directory itself proves who it is. Absent: those of the system. */
      readonly ca_file?: string;
    }[];
    /** How hosts are proved, the best way first; after a failure the next one is tried first. `http-01`: by plain HTTP, which must reach the gateway at port 80; it answers these requests on every listener before anything else, redirects to HTTPS included. `tls-alpn-01`: by TLS, which must reach the gateway at port 443. `dns-01`: by a record of the DNS, with `dns`. Wildcards can only be proved by the DNS.
     * Default: ["http-01","tls-alpn-01","dns-01"], because what needs nothing but the gateway itself comes first. */
    readonly challenges?:
      | 'http-01'
      | 'tls-alpn-01'
      | 'dns-01'
      | Reference
      | readonly ('http-01' | 'tls-alpn-01' | 'dns-01' | Reference)[];
    /** The program that sets records of the DNS. Needed for wildcards. */
    readonly dns?: {
      /** The program and its first arguments, one item each; no shell interprets them. It is run with three more: `set` or `clear`, the name of the TXT record (`_acme-challenge.example.com`), and its value; the same are in ACME_ACTION, ACME_RECORD and ACME_VALUE. With `set` it ends when the record is there, with 0; other values of the same name must stay, since a wildcard and its name are proved by two of them. */
      readonly command: readonly string[];
      /** How long to wait then until all servers of the zone have it.
       * Default: "30s", because the servers of most providers have a change within seconds; too early a look counts as a failure. */
      readonly delay?: Duration;
      /** How long one run may take. Then the program is ended.
       * Default: "60s", because a few calls of the API of a provider. */
      readonly timeout?: Duration;
    };
    /** Hosts beside those of tenants that get certificates.
     * Default: [], because every host that is served belongs to a tenant, as a rule. */
    readonly domains?: string | readonly string[];
    /** Certificates for names that are not in the configuration one by one: the first client that asks for one waits until it is there. Wildcards of tenants then need no `dns`. `{}` is enough. Absent: no client causes an order. */
    readonly on_demand?: {
      /** A URL that is asked about each name, by GET with `?domain=NAME`: 200 allows a certificate, anything else does not. It is asked again before a renewal. With it, names of tenants without `domains` and of domains such as `shop.*` get certificates as well. Absent: every name below a wildcard of a tenant gets one, within the bounds: whoever makes up names uses them up. */
      readonly ask?: string;
      /** How long that answer may take. Without one there is no certificate.
       * Default: "3s", because a client waits meanwhile. */
      readonly ask_timeout?: Duration;
      /** How long a handshake waits for its certificate. After that it goes on as `tls.unknown_names` says; the order goes on, too.
       * Default: "20s", because an order takes some ten seconds; browsers wait for half a minute and more. */
      readonly wait?: Duration;
      /** How many new names get an order within a minute. For others there is none until then.
       * Default: 10, because customers come one by one; whoever makes up names comes fast. */
      readonly names_per_minute?: Count;
      /** How many certificates there may be in this way. After that, names without one get none.
       * Default: 10000, because some 100 MiB of memory in all processes together. */
      readonly max_names?: Count;
      /** For how long a name that was not allowed is not asked about again.
       * Default: "1m", because a customer who has just been added does not wait for long. */
      readonly refused_for?: Duration;
    };
    /** How long one authority may take for one certificate, all of its answers together; `dns.delay` comes on top.
     * Default: "2m", because an order takes some ten seconds; slow authorities look at a name several times. */
    readonly timeout?: Duration;
    /** How long to wait after the first failure for a host; twice as long after each further one, up to 12 h. An authority that names a time is not asked before it.
     * Default: "5m", because four times in the first hour: Let's Encrypt permits five failures for a host in an hour. */
    readonly retry_after?: Duration;
    /** How many orders may be begun within three hours, all hosts together. The others wait.
     * Default: 250, because Let's Encrypt permits 300 for an account in three hours. */
    readonly max_orders?: Count;
  };
  /** Compression of responses. */
  readonly compression?: {
    /** Whether responses are compressed for clients that ask for it. A tenant may override it.
     * Default: true, because as in the original. */
    readonly enabled?: Flag;
    /** From fastest (1) to smallest (9). A tenant may override it.
     * Default: 5, because as in the original; higher levels cost much time for the last few percent. */
    readonly level?: Count;
    /** Bodies that are known to be smaller are not compressed. A tenant may override it.
     * Default: "256B", because such a body leaves in one packet with its head in any case, so there is next to nothing to gain. */
    readonly min_bytes?: Size;
    /** Media types that are compressed; `type/*` for a whole family. Parameters are ignored. A tenant may override it.
     * Default: ["text/html","text/css","text/javascript","application/json","application/xml","text/plain","application/javascript","application/x-javascript","application/ecmascript","application/manifest+json","application/ld+json","application/problem+json","application/vnd.api+json","application/geo+json","application/graphql-response+json","application/x-ndjson","application/xhtml+xml","application/rss+xml","application/atom+xml","application/rdf+xml","application/problem+xml","application/soap+xml","application/wasm","application/yaml","application/rtf","application/vnd.ms-fontobject","application/x-font-ttf","application/x-font-otf","font/ttf","font/otf","font/collection","image/svg+xml","image/bmp","image/x-icon","image/vnd.microsoft.icon","text/xml","text/markdown","text/csv","text/calendar","text/vcard","text/vtt","text/x-component","text/cache-manifest"], because what browsers load as text, in all names that it goes by, and what is not compressed by itself; most images, video, archives and web fonts (woff) are. */
    readonly content_types?: string | readonly string[];
  };
  /** Addresses of proxies in front of the gateway. What they say of the client (X-Forwarded-*, Forwarded, X-Real-IP, X-Request-Id, and what else proxies tell origins: see `allow_claims` of a tenant) is kept and added to; what any other client says is replaced or removed.
   * Default: [], because any client can send these fields. */
  readonly trusted_proxies?: string | readonly string[];
  /** Where the gateway names itself by a `Via` field (RFC 9110): on requests to backends, on responses to clients as well, or nowhere.
   * Default: "none", because nginx, IIS and others do not compress what was asked for through a proxy; loops are found by `CDN-Loop` (`loop_id`). */
  readonly via?: 'none' | 'requests' | 'both' | Reference;
  /** What the gateway calls itself in the `CDN-Loop` field of requests to backends (RFC 8586). A request that names it already has come back, and is answered 508. `auto`: a name drawn at the start, so that gateways in a row differ; several machines that serve the same may have one in common. `none`: no such field, and loops are not found.
   * Default: "auto", because a request that runs in circles would multiply until all connections are taken. */
  readonly loop_id?: string;
  /** The access log: one line for each request when it has ended. Absent: there is none, but of tenants that have their own. */
  readonly access_log?: {
    /** Whether requests are logged. A tenant may override it.
     * Default: true, because whoever writes `access_log` wants one. */
    readonly enabled?: Flag;
    /** The form of a line. `json`: one object, with what there is of the fields. `common` and `combined`: as Apache and nginx write them. Any other text is a template: `"{client} {method} {path} {status} {duration_ms}"`, with `-` for what there is not, `{request.NAME}` and `{response.NAME}` for fields of the heads. Whatever clients send, a line stays one line. A tenant may override it.
     * Default: "json", because every log shipper reads it, and nothing in it can be mistaken. */
    readonly format?: string;
    /** Where lines go: `stdout`, the whole path of a file, or `syslog` (RFC 5424): to the socket `/dev/log`, to another one (`syslog:/run/log.sock`), or by UDP (`syslog://192.0.2.1:514`). All workers write the same file, each line in one piece. SIGUSR1 opens files anew; so does a file that was moved away. A tenant may override it.
     * Default: "stdout", because service managers and containers take it from there. */
    readonly output?: string;
    /** Whether the query of the target is told. A tenant may override it.
     * Default: true, because it is needed to see what was asked for; secrets in it are left out by `redact`. */
    readonly query?: Flag;
    /** Names of fields of requests that JSON lines have in `request`. A tenant may override it.
     * Default: [], because the usual ones have members of their own. */
    readonly request_fields?: string | readonly string[];
    /** Names of fields of responses, as they come from backends, that JSON lines have in `response`. A tenant may override it.
     * Default: [], because as above, and to keep the heads of responses costs time. */
    readonly response_fields?: string | readonly string[];
    /** Names of header fields and of parameters of queries whose values are written as `***`, in the query of a referer, too. A list of its own takes the place of the default. A tenant may override it.
     * Default: ["authorization","proxy-authorization","cookie","set-cookie","x-api-key","x-auth-token","x-csrf-token","token","access_token","refresh_token","id_token","api_key","apikey","key","code","secret","client_secret","password","passwd","pass","session","sid","sig","signature","x-amz-signature"], because a log is read by more people than a secret. */
    readonly redact?: string | readonly string[];
    /** The share of good answers that are logged: those below 400 that have come in less than `slow_after`. All others are logged always. A tenant may override it.
     * Default: "100%", because a log that leaves out requests is no record. */
    readonly sample?: Share;
    /** What takes longer than this is logged in any case. A tenant may override it.
     * Default: "1s", because people look for what was slow. */
    readonly slow_after?: Duration;
    /** When a file is set aside, and how many are kept. */
    readonly rotate?: {
      /** A file that has grown to this is set aside, and another one is begun. `none`: never.
       * Default: "100MiB", because a file that nobody looks after must not fill the disk. */
      readonly size?: Size | 'none';
      /** The same for a file that was begun so long ago. `none`: never.
       * Default: "none", because a size alone bounds what is kept. */
      readonly age?: Duration | 'none';
      /** How many of the files that were set aside are kept.
       * Default: 10, because with the size above it is a gigabyte at the most, less than a tenth of that compressed. */
      readonly keep?: Count;
      /** Whether files that were set aside are compressed by gzip.
       * Default: true, because logs shrink to a tenth. */
      readonly compress?: Flag;
    };
    /** What may wait to be written, for each output and worker. What does not fit is dropped, and counted in the log. Lines are written every 100 ms, and when there are 64 KiB of them.
     * Default: "4MiB", because a second of a busy worker; requests never wait for a disk. */
    readonly buffer_bytes?: Size;
    /** The longest value in a line; what is longer is cut.
     * Default: "2KiB", because a client must not fill the disk with what it makes up. */
    readonly field_bytes?: Size;
  };
  /** How the log is written. */
  readonly log?: {
    /** Which lines are written. `debug`: also each request that was refused, with the rule that refused it, each attempt that failed, and errors of connections of clients; `info`: all changes; `warn`: without what merely happens; `error`: only what needs somebody. `keystone log-level` changes it while the gateway runs.
     * Default: "info", because the gateway writes a line when something changes, not for each request, so that all of them can be read. */
    readonly level?: 'debug' | 'info' | 'warn' | 'error' | Reference;
    /** The form of a line. `text`: for people; on a terminal the time, the level, the message and its fields, in colours unless NO_COLOR is set, elsewhere the same as logfmt (`msg="backend unhealthy" tenant=shop backend=a`). `json`: one object, with `time`, `level`, `msg` and the same fields. `auto`: text where the output is a terminal, JSON otherwise.
     * Default: "auto", because who looks at a terminal is a person; what reads a pipe or a file is a program. */
    readonly format?: 'auto' | 'text' | 'json' | Reference;
    /** Where lines go: `stderr`, `stdout`, or the whole path of a file. All workers write the same file, each line in one piece. SIGUSR1 opens it anew; so does a file that was moved away.
     * Default: "stderr", because service managers and containers take it from there, apart from results. */
    readonly output?: string;
    /** When a file is set aside, and how many are kept, as for the access log. */
    readonly rotate?: {
      /** A file that has grown to this is set aside, and another one is begun. `none`: never.
       * Default: "100MiB", because a file that nobody looks after must not fill the disk. */
      readonly size?: Size | 'none';
      /** The same for a file that was begun so long ago. `none`: never.
       * Default: "none", because a size alone bounds what is kept. */
      readonly age?: Duration | 'none';
      /** How many of the files that were set aside are kept.
       * Default: 10, because with the size above it is a gigabyte at the most, less than a tenth of that compressed. */
      readonly keep?: Count;
      /** Whether files that were set aside are compressed by gzip.
       * Default: true, because logs shrink to a tenth. */
      readonly compress?: Flag;
    };
  };
  /** A directory of this gateway alone, in which it keeps what outlives it: the last 50 configurations that were in force, the secret of affinity cookies, decisions of operators, the health of backends, the numbers of events. Its files are readable by the user of the gateway only. `none`: nothing is kept. Absent: `$STATE_DIRECTORY`, which systemd sets, or else a directory for this configuration file below `$XDG_STATE_HOME/keystone` or `~/.local/state/keystone`. Where it cannot be used the gateway says so and goes on without. Read at the start; a reload that changes it is refused. */
  readonly state_dir?: string;
  /** Where clients connect. An address given on the command line is served as well.
   * Default: [], because without any, the one address of the command line is served. */
  readonly listeners?: readonly ListenerInput[];
  /** How much the gateway accepts. */
  readonly limits?: {
    /** Size of the head of a request or response: start line and header.
     * Default: "32KiB", because as much as nginx takes and twice what Node.js takes; every connection may hold as much in memory. */
    readonly header_bytes?: Size;
    /** Number of fields in the header of a request or response.
     * Default: 100, because real clients and origins send fewer than 50; more is an attack or a mistake. */
    readonly header_count?: Count;
    /** Length of the target of a request: its path and query.
     * Default: "8KiB", because what other servers accept, and more than browsers usually send. */
    readonly target_bytes?: Size;
    /** Size of the body of a request. A tenant may override it.
     * Default: "none", because bodies pass through in parts, so that their size costs no memory here; only the origin knows what it accepts. */
    readonly body_bytes?: Size | 'none';
    /** Memory that each process that serves may use. Near it less is done, and then tenants above their share are refused: `overload` says when.
     * Default: "none", because only the operator knows what else the machine is for. */
    readonly memory?: Size | 'none';
    /** Bytes of request bodies that the gateway keeps for each tenant: to send them again, to read them first, or because a policy reads them. Beyond it bodies are not kept, so that a request that fails is not repeated, and one whose body has to be kept is answered 503. A tenant may override it.
     * Default: "64MiB", because a thousand bodies of 64 KiB at a time; more takes the memory of all tenants. */
    readonly buffered_bytes?: Size;
    /** Connections from clients that each listener may have at a time; further ones are closed at once.
     * Default: 10000, because bounds memory and open files; both have to grow with it. */
    readonly connections?: Count;
    /** Of these, from one client: an IPv4 address, or an IPv6 network of 64 bits.
     * Default: "none", because many people may share an address; set a limit where they do not. */
    readonly connections_per_client?: Count | 'none';
    /** TLS handshakes that each listener may have under way at a time. A further client takes the place of the oldest one whose client has said nothing for 250 ms, or else of the oldest one.
     * Default: 1000, because a client needs less than a second for its handshake, and a core can do some 3,000 in one: more at a time are hardly clients. */
    readonly handshakes?: Count;
    /** Bytes of a request body that a client must send in a second, on average after the first 5 s, while half of the connections of its listener or half of the places at the backends of its tenant are taken. Otherwise only `timeouts.idle` ends a slow body.
     * Default: "240B", because slower than any modem. Where there is room, log shippers and terminals may send a few bytes now and then for hours. */
    readonly min_body_rate?: Size;
    /** Bytes of a response that a client must read in a second while more is ready for it, on average after the first 5 s; on Linux.
     * Default: "240B", because slower than any modem; a client that reads slower holds a place at a backend meanwhile. */
    readonly min_response_rate?: Size;
    /** How many bytes may wait in the kernel to be sent to a client before the gateway stops reading from the backend; on Linux (`TCP_NOTSENT_LOWAT`).
     * Default: "1MiB", because a shorter response frees its backend at once, however slowly the client reads; of a longer one the kernel would otherwise keep several MiB for each client. */
    readonly unsent_bytes?: Size;
    /** How much of a request body is read and dropped after an answer that did not wait for it, so that the connection can be used again; where more is left or its length is not known, the connection is closed. Over HTTP/2 it is 64 KiB at most; of what has more only the stream is reset.
     * Default: "256KiB", because so much is on its way already when a request is refused, and costs less than the new connection of a client that comes again. */
    readonly dropped_body?: Size;
    /** Requests on one connection from a client.
     * Default: "none", because a new connection costs both sides more than an old one does. */
    readonly keep_alive_requests?: Count | 'none';
    /** Requests that a client may have under way at a time on one connection over HTTP/2; further ones are refused in a way that clients repeat.
     * Default: 100, because the least that RFC 9113 recommends; browsers load a page with it, and each may hold a place at a backend. */
    readonly h2_streams?: Count;
    /** Size of a header block over HTTP/2 as it travels; a larger one ends the connection. It is `header_bytes` at least, which is how long a header may be that it brings.
     * Default: "64KiB", because twice `header_bytes`, so that most clients whose header is too long learn it from an answer (431). */
    readonly h2_header_bytes?: Size;
    /** CONTINUATION frames of one header block; more end the connection.
     * Default: 16, because two are enough for the largest block; without an end they would cost work and never make a request (CVE-2024-27316). */
    readonly h2_continuations?: Count;
    /** Requests over HTTP/2 that a client may break off in 10 s on one connection, or that are malformed, beyond as many as it lets come to their end; more end the connection.
     * Default: 200, because a browser that leaves two pages in a row breaks off so many; each may have asked a backend by then (CVE-2023-44487). */
    readonly h2_resets?: Count;
    /** PING frames in 10 s on one connection; more end the connection.
     * Default: 200, because clients send a few to measure the way, and one with each burst of data; each must be answered (CVE-2019-9512). */
    readonly h2_pings?: Count;
    /** SETTINGS frames in 10 s on one connection; more end the connection.
     * Default: 50, because one begins a connection, and few clients change them later; each must be answered (CVE-2019-9515). */
    readonly h2_settings?: Count;
    /** DATA frames without a byte of data in 10 s on one connection; more end the connection.
     * Default: 100, because nobody needs any but at the end of a body (CVE-2019-9518). */
    readonly h2_empty_frames?: Count;
    /** WINDOW_UPDATE frames in 10 s on one connection, beyond ten for each frame of data that it gets; more end the connection.
     * Default: 1000, because some clients send four for each frame of data, and some of them late. */
    readonly h2_window_updates?: Count;
    /** Frames in 10 s on one connection that set priorities, or have a type that is not known; more end the connection.
     * Default: 1000, because browsers say anew how urgent their images are whenever a page is scrolled. */
    readonly h2_other_frames?: Count;
    /** Idle connections kept to backends, all backends together.
     * Default: 100, because as in the original. */
    readonly idle_connections?: Count;
    /** What the `cache` policies of all tenants may keep in memory together, in all processes. Where it is full, the one that keeps most lets go of what was not asked for the longest.
     * Default: "256MiB", because a part of the memory of a small machine, and four times what one such policy may have by default. */
    readonly cache_memory?: Size;
  };
  /** How long the gateway waits. */
  readonly timeouts?: {
    /** From the moment a connection is accepted to the end of its TLS handshake.
     * Default: "10s", because a slow phone on a bad line needs two or three; a client that sends nothing loses its connection after this time. */
    readonly handshake?: Duration;
    /** From the first byte of a request to the end of its header.
     * Default: "10s", because even a slow phone needs less; a client that drips bytes loses its connection after this time. */
    readonly header?: Duration;
    /** How long a connection of a client may wait for its next request.
     * Default: "75s", because longer than the 60 s that most load balancers keep theirs, so that they close first and no request is lost. */
    readonly keep_alive?: Duration;
    /** How long a connection to a backend may take to open, TLS included. A tenant may override it.
     * Default: "3s", because one lost SYN is sent again after 1 s and a second one after 3 s; another backend answers sooner than that. */
    readonly connect?: Duration;
    /** From the end of a request to the first byte of the response. A tenant may override it.
     * Default: "60s", because long polls wait 30 s, reports and language models longer. A backend that is dead is found much sooner, by its check and by its silence. */
    readonly first_byte?: Duration;
    /** How long an exchange may go without a byte of a body in either direction. A tenant may override it.
     * Default: "60s", because longer than the pauses of healthy streams, which send something every 15 to 30 s. */
    readonly idle?: Duration;
    /** How long a request may wait for its response to begin, over all attempts and queueing. It never cuts a body that flows. A tenant may override it.
     * Default: "90s", because `first_byte` after some time to find a backend; by then most clients have given up. */
    readonly exchange?: Duration;
    /** How long a request may wait for a backend that has room. A tenant may override it.
     * Default: "1s", because long enough for a burst to pass, and short enough that the client can still do something else. */
    readonly queue?: Duration;
    /** How long an upgraded connection, such as a WebSocket, may go without a byte. A tenant may override it.
     * Default: "10m", because people pause for minutes; programs that keep such a connection open ping more often than that. */
    readonly tunnel_idle?: Duration;
    /** How long requests and upgraded connections may go on at a backend that a reload has removed, alone or with its tenant, or whose address it has changed; then they are cut off. A tenant may override it.
     * Default: "10m", because long enough for a download to end and for people to reload a page; without a limit a WebSocket to a tenant that is gone lasts as long as its client likes. */
    readonly removed?: Duration;
    /** How long exchanges may go on after the gateway was told to end.
     * Default: "10s", because as in the original; service managers kill after 10 to 90 s. */
    readonly shutdown?: Duration;
    /** How long the gateway goes on to let clients in after it was told to end, while `GET /health/ready` says that it is not ready and every answer ends its connection. `shutdown` begins afterwards.
     * Default: 0, because nothing waits for it unless something in front of the gateway has to notice first, such as a Kubernetes service or a load balancer: then some seconds longer than that takes. */
    readonly shutdown_delay?: Duration;
    /** How long upgraded connections, such as WebSockets, may go on then. Both ends of a WebSocket are told that the gateway goes away (close frame 1001). Absent: as long as `shutdown`. */
    readonly tunnel_shutdown?: Duration;
    /** How long exchanges and WebSockets may go on in the process whose place another one has taken (`keystone upgrade`).
     * Default: "10m", because nobody waits for the end of the old process; each costs its memory until then. */
    readonly upgrade?: Duration;
  };
  /** How the workers are watched and replaced, where several serve (`--workers`). */
  readonly supervise?: {
    /** Whether one worker more than serve stands ready: it has the plan in force, serves nobody, and takes the place of one that ends or hangs.
     * Default: true, because a worker that ends is replaced in some 10 ms instead of some 200, for some 30 MB of memory. */
    readonly spare?: Flag;
    /** After how long without a sign of life of a worker the spare one serves the clients that wait for it.
     * Default: "250ms", because a garbage collection of a large heap takes 50 ms, on a busy machine some more. */
    readonly help_after?: Duration;
    /** After how long without a sign of life a worker is ended. The log says what it did: which policy of which tenant, how much CPU it took.
     * Default: "5s", because nothing that a worker does takes a second; what it has not answered by then is lost with it. */
    readonly hang?: Duration;
    /** How many workers may end within 10 s before those that take their places are held back: the next one starts after 1 s, the one after that after 2 s, then 4 s and so on.
     * Default: 5, because one that ends with every start would keep a core busy with starting; others serve meanwhile. */
    readonly max_deaths?: Count;
    /** The longest such wait.
     * Default: "30s", because what made workers end may be over, and nobody has to be there to see it. */
    readonly max_start_delay?: Duration;
  };
  /** When a process that serves gives up what it does beside serving. */
  readonly overload?: {
    /** How much processor time the turns of the event loop may take, on average in a second, before hedges, mirrors, compression and retries of requests that were sent are left out, and connections of tenants above their share end with the next answer.
     * Default: "20ms", because shares keep turns at a millisecond; where they take so long, something takes the loop that no share limits. */
    readonly turn_time?: Duration;
    /** The same for memory, as a share of `limits.memory`.
     * Default: "80%", because what is left is enough for requests that are under way. */
    readonly spare_memory?: Share;
    /** From which share of `limits.memory` on requests of tenants above their share are answered 503, and no connections are accepted but those of operators.
     * Default: "95%", because a process that is ended for its memory loses all of its requests. */
    readonly refuse_memory?: Share;
    /** How long there must be no need before what was given up comes back, step by step.
     * Default: "5s", because otherwise it would come back as soon as leaving it out helps, and be given up again. */
    readonly calm_time?: Duration;
  };
  /** What is counted of the traffic, for `GET /metrics` of the admin API and for all who show it. */
  readonly metrics?: {
    /** How many tenants have figures of their own: the first ones of the configuration. All others are `other` together. A change counts from the next start or upgrade on.
     * Default: 1000, because each has some hundred time series, and a Prometheus server of usual size keeps a few hundred thousand. */
    readonly max_tenants?: Count;
    /** The same for backends, of all tenants together. A change counts from the next start or upgrade on.
     * Default: 4000, because four for each of those tenants. */
    readonly max_backends?: Count;
    /** The upper bounds of the buckets in which times are counted, the least first; at most 19. A change counts from the next start or upgrade on.
     * Default: ["1ms","2.5ms","5ms","10ms","25ms","50ms","100ms","250ms","500ms","1s","2.5s","5s","10s","30s","60s"], because from what a cached answer takes to the longest that anybody waits, each two to three times the one before. */
    readonly buckets?: Duration | readonly Duration[];
  };
  /** Traces (OpenTelemetry): a span for each exchange and one for each attempt at a backend, exported by OTLP. Absent: `traceparent` and `tracestate` of clients go on to backends as they came, and nothing is recorded. */
  readonly tracing?: {
    /** Whether the gateway takes part in traces.
     * Default: true, because whoever writes `tracing` wants them. */
    readonly enabled?: Flag;
    /** The collector, by OTLP over HTTP (protobuf). A URL without a path stands for `/v1/traces` there. */
    readonly otlp_endpoint: string;
    /** Header fields of each post to the collector, such as what proves who the gateway is: secrets, which belong into variables of the environment and are never shown. */
    readonly headers?: Readonly<Record<string, string>>;
    /** What the gateway is called in traces (`service.name`).
     * Default: "keystone-gateway", because a name is needed, and this one says what it is. */
    readonly service_name?: string;
    /** What else is said of the gateway with its spans, such as `deployment.environment.name: production`; at most 64. */
    readonly attributes?: Readonly<Record<string, string>>;
    /** The share of traces that begin at this gateway and are recorded. Those that clients have begun are recorded where their traceparent says so. Backends are told what was decided.
     * Default: "1%", because enough to see what is slow, and too little to cost anything. */
    readonly sample?: Share;
    /** Whose traces go on here: `all` of those that clients have begun, those of `trusted_proxies` alone (`trusted`), or none. All others begin anew, and so does one whose traceparent is not valid.
     * Default: "all", because a trace is of use where it goes from end to end; what a client can cause by that is bounded by `queue`. */
    readonly parents?: 'all' | 'trusted' | 'none' | Reference;
    /** How many spans are sent at a time, at most.
     * Default: 128, because they are encoded in some 2 ms, for which requests wait. */
    readonly batch?: Count;
    /** How long a span waits for others, as long as there is no whole batch.
     * Default: "2s", because people look at traces some seconds later at the earliest. */
    readonly delay?: Duration;
    /** How many spans may wait in each process. What does not fit is dropped, and counted in the metrics and the log.
     * Default: 4096, because some 10 MiB while a collector is away; requests never wait for it. */
    readonly queue?: Count;
    /** How long the collector may take for one batch.
     * Default: "10s", because as exporters of OpenTelemetry have it. */
    readonly timeout?: Duration;
  };
  /** What is told of the busiest tenants, paths and clients. Nothing is counted while nobody asks. */
  readonly top?: {
    /** How many tenants, paths and clients each process tells apart in each second while somebody looks at the busiest ones. What is told of one is too high by at most the requests of the second divided by that; one that comes more often than that is never missed.
     * Default: 500, because a second of 10,000 requests is then right to 20 of them, and a process takes some 200 KB for it. */
    readonly entries?: Count;
  };
  /** How much of the past of the traffic and of the events is kept in `state_dir`, so that a restart shows it. A reload changes it. */
  readonly history?: {
    /** How large the file may become. Where it is full, the oldest points of ten seconds go first. `0`: nothing is kept on disk, and the past is that of the running process.
     * Default: "256MiB", because a tenant that always has traffic takes some 0.5 MB with all of its points, one without traffic nothing. */
    readonly max_size?: Size;
    /** How many hours the points of ten seconds are kept, of each tenant and of all.
     * Default: 24, because what happened last night is looked at in the morning, step by step. */
    readonly fine_hours?: Count;
    /** How many days the points of five minutes are kept.
     * Default: 30, because a month shows what weekdays and weekends are like. */
    readonly coarse_days?: Count;
    /** How many events are kept, the latest.
     * Default: 10000, because an event takes some 200 bytes; enough for weeks of a gateway that is well, and for nights of one that is not. */
    readonly max_events?: Count;
  };
  /** How the names of backends are resolved, also those that health checks go to. */
  readonly dns?: {
    /** DNS servers, asked in this order. Empty: those of the system.
     * Default: [], because a name then means the same as to every other program on the machine. */
    readonly servers?: string | readonly string[];
    /** How long an answer counts at least, whatever its TTL says; also how soon a name may be asked for again when a backend cannot be reached.
     * Default: "1s", because a TTL of 0 is common; one question a second is often enough, and finds a container that has moved in time. */
    readonly min_ttl?: Duration;
    /** How long an answer counts at most; also the longest time between attempts for a name that does not resolve and that nobody needs.
     * Default: "60s", because a TTL of a day is common, too, and a change of a backend must be seen sooner. */
    readonly max_ttl?: Duration;
    /** How long one question may take, all servers and attempts together.
     * Default: "2s", because enough to ask a second time after a lost packet; no request waits meanwhile, since the last good answer stays in use. */
    readonly timeout?: Duration;
    /** Which addresses of a name become backends. A service without `discover` is one backend and uses those of both kinds, the preferred ones first, unless this says `ipv4` or `ipv6`.
     * Default: "prefer_ipv4", because a host with both kinds is one backend, and networks without IPv6 are more common than those without IPv4. */
    readonly family?: 'prefer_ipv4' | 'prefer_ipv6' | 'ipv4' | 'ipv6' | 'both' | Reference;
  };
  /** Settings of all tenants: each has these wherever it says nothing else. Maps are merged key by key; a list of its own takes the place of the default. A check of another type keeps only the times and thresholds. They come before `timeouts`, `limits` and `compression` at the top level. */
  readonly defaults?: {
    /** `health_check` of every tenant, where it says nothing else. */
    readonly health_check?: HealthCheckInput;
    /** `outlier_ejection` of every tenant, where it says nothing else. */
    readonly outlier_ejection?: OutlierEjectionInput;
    /** `retry` of every tenant, where it says nothing else. */
    readonly retry?: RetryInput;
    /** `pool` of every tenant, where it says nothing else. */
    readonly pool?: PoolInput;
    /** `timeouts` of every tenant, where it says nothing else. */
    readonly timeouts?: TenantTimeoutsInput;
    /** `compression` of every tenant, where it says nothing else. */
    readonly compression?: CompressionInput;
    /** `limits` of every tenant, where it says nothing else. */
    readonly limits?: TenantLimitsInput;
  };
  /** Lists of policies by name, for several tenants: `- use: NAME` stands for all of its policies. A set uses no other sets. */
  readonly policy_sets?: Readonly<Record<string, readonly PolicyInput[]>>;
  /** The tenants.
   * Default: [], because a gateway without tenants loads and answers 404. */
  readonly tenants?: readonly TenantInput[];
  /** The original's scripting. Accepted in any shape and not run. */
  readonly lua_routing?: unknown;
  /** Values for aliases in YAML. */
  [fragment: `x-${string}`]: unknown;
};
