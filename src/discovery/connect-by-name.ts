// Sockets are opened by address. Whoever wants to connect to a host by its name gets here the addresses that are known of
// it, so that neither the runtime's own resolver nor its cache is in use.
import type { Call, CallResult, Caller } from '../core/caller.ts';
import { NameNotResolved } from '../core/connect-failure.ts';
import {
  type ConnectAddress,
  type Connection,
  type ConnectionEvents,
  type Connector,
  isName,
} from '../core/connector.ts';
import type { Dial, DialledSocket, SocketOwner } from '../core/dial.ts';
import { Shortage } from '../core/shortage.ts';
import { Course, type CourseTools } from './course.ts';

/** Opens the sockets of traffic, also to hosts that are named. */
export function dialByName(dial: Dial, tools: CourseTools): Dial {
  return (address, owner) => {
    const why = problemOf(address, tools);
    if (why !== null) owner.failed(why, 'connect');
    else if (!isName(address.hostname)) dial(address, owner);
    else new DialRace(address, owner, dial, tools).begin();
  };
}

/** Opens the connections of checks, also to hosts that are named. */
export function connectByName(connect: Connector, tools: CourseTools): Connector {
  return (address, events) => {
    if (!isName(address.hostname)) return connect(address, events);
    const why = problemOf(address, tools);
    if (why === null) return new NamedConnection(address, events, connect, tools);
    events.failed(why);
    return { write: () => undefined, destroy: () => undefined };
  };
}

/** Makes calls, also to hosts that are named: to one address after the other. */
export function callByName(call: Caller, tools: CourseTools): Caller {
  return async (request) => {
    const { address } = request;
    if (!isName(address.hostname)) return call(request);
    const why = problemOf(address, tools);
    if (why !== null) return { kind: 'unreachable', error: why };
    return await callInTurn(call, request, tools);
  };
}

async function callInTurn(call: Caller, request: Call, { addresses }: CourseTools): Promise<CallResult> {
  const { hostname: name } = request.address;
  let result: CallResult = { kind: 'broken', reason: 'aborted' };
  for (const hostname of addresses.inTurn(name) ?? []) {
    if (request.signal.aborted) return result;
    result = await call({ ...request, address: { ...request.address, hostname } });
    if (result.kind !== 'unreachable') {
      // Timed out: perhaps nobody is there any more.
      if (result.kind === 'broken' && result.reason === 'aborted') addresses.doubt(name);
      else addresses.reached(name, hostname);
      return result;
    }
    addresses.unreachable(name, hostname);
  }
  return result;
}

function problemOf({ hostname }: ConnectAddress, { addresses }: CourseTools): NameNotResolved | null {
  if (!isName(hostname) || addresses.known(hostname).length > 0) return null;
  return new NameNotResolved(hostname, addresses.problem(hostname) ?? 'nobody has asked for it');
}

/** The sockets that are on their way to one host. The first that opens goes to the owner. */
class DialRace {
  private readonly course: Course;
  private latest: unknown = null;

  constructor(
    private readonly address: ConnectAddress,
    readonly owner: SocketOwner,
    private readonly dial: Dial,
    tools: CourseTools,
  ) {
    this.course = new Course(address.hostname, tools, this);
  }

  begin(): void {
    this.course.begin();
  }

  start(hostname: string): void {
    this.dial({ ...this.address, hostname }, new Runner(this, hostname));
  }

  giveUp(): void {
    this.owner.failed(this.latest, 'connect');
  }

  /** True: the socket is the owner's from here on. */
  takes(socket: DialledSocket, hostname: string): boolean {
    if (!this.course.reached(hostname)) return false;
    socket.data = this.owner;
    return true;
  }

  unreachable(hostname: string, error: unknown): void {
    if (!(this.latest instanceof Shortage)) this.latest = error;
    if (error instanceof Shortage) this.course.lacking();
    else this.course.unreachable(hostname);
  }
}

class Runner implements SocketOwner {
  private isOver = false;

  constructor(
    private readonly race: DialRace,
    private readonly hostname: string,
  ) {}

  attached(socket: DialledSocket): void {
    if (this.wins(socket)) this.race.owner.attached(socket);
  }

  opened(socket: DialledSocket): void {
    if (this.wins(socket)) this.race.owner.opened(socket);
  }

  private wins(socket: DialledSocket): boolean {
    this.isOver = true;
    const isWanted = this.race.takes(socket, this.hostname);
    if (!isWanted) socket.terminate();
    return isWanted;
  }

  failed(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.race.unreachable(this.hostname, error);
  }

  // Nothing else happens to a socket that nobody has.
  received(): void {}
  drained(): void {}
  closed(): void {}

  broken(error: Error): void {
    this.race.owner.broken(error);
  }
}

/** The connections of a check that are on their way to one host. The first that opens is the one. */
class NamedConnection implements Connection {
  private readonly course: Course;
  private readonly underway = new Set<Connection>();
  private connection: Connection | null = null;
  private latest: Error = new Error('no address could be reached');

  constructor(
    private readonly address: ConnectAddress,
    private readonly events: ConnectionEvents,
    private readonly connect: Connector,
    tools: CourseTools,
  ) {
    this.course = new Course(address.hostname, tools, this);
    this.course.begin();
  }

  start(hostname: string): void {
    let isOver = false;
    const connection: Connection = this.connect(
      { ...this.address, hostname },
      {
        opened: () => {
          this.underway.delete(connection);
          if (!this.course.reached(hostname)) return connection.destroy();
          this.connection = connection;
          this.dropOthers();
          this.events.opened();
        },
        received: (bytes) => this.events.received(bytes),
        closed: (error) => this.events.closed(error),
        failed: (error) => {
          if (isOver) return;
          isOver = true;
          if (!(this.latest instanceof Shortage)) this.latest = error;
          this.underway.delete(connection);
          if (error instanceof Shortage) this.course.lacking();
          else this.course.unreachable(hostname);
        },
      },
    );
    if (!isOver) this.underway.add(connection);
  }

  giveUp(): void {
    this.events.failed(this.latest);
  }

  write(bytes: Uint8Array): void {
    this.connection?.write(bytes);
  }

  destroy(): void {
    this.course.end();
    this.connection?.destroy();
    this.dropOthers();
  }

  private dropOthers(): void {
    for (const connection of this.underway) connection.destroy();
    this.underway.clear();
  }
}
