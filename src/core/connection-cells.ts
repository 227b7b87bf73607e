// How many connections from clients all processes have: of each listener, and of each client.
import { ALONE, NO_PLACE, type Seat, type Sections, type Slot, type Turn, partOf, slotOf, turnOf } from './cells.ts';
import { type ClientKey, ClientTable } from './client-table.ts';
import { Lines } from './columns.ts';
import { combine, hashText } from './hash.ts';

type Part = Pick<Sections, 'connections' | 'listenerKeys' | 'clients'>;

const SECOND_SEED = 0x9e3779b9;

/** The connections of all listeners. */
export class ConnectionCells {
  private readonly open: Lines;
  private readonly clients: ClientTable | null;
  private readonly keys: Int32Array | null;
  private readonly turn: Turn;
  private place: number;

  /** `part`: in shared memory; absent: the process is alone. */
  constructor(seat: Seat = ALONE, part?: Part) {
    this.open = new Lines(seat, part?.connections);
    this.clients = part === undefined ? null : new ClientTable(part.clients, seat.place);
    this.keys = part?.listenerKeys ?? null;
    this.place = seat.place;
    this.turn = turnOf(seat);
  }

  /** See `partOf`. */
  shareOf(count: number): number {
    return partOf(count, this.turn);
  }

  sit(place: number): void {
    this.place = place;
    this.open.sit(place);
    this.clients?.sit(place);
  }

  /** A process has ended, and its connections with it. */
  takeBack(place: number): void {
    // The system gives memory to what is read for the first time: slots that no listener has are left alone.
    this.keys?.forEach((key, slot) => {
      if (key !== 0) this.open.takeBackOne(place, slotOf(slot));
    });
    this.clients?.takeBack(place);
  }

  /** The connections of the listener at that address: in all processes, as far as it has the same address there. */
  of(address: string): ListenerNumbers {
    const slot = this.slotOf(address);
    const { open, clients } = this;
    return slot === null || clients === null
      ? OWN_ONLY
      : new SharedNumbers({ open, clients, slot, hash: hashText(address) });
  }

  // Whoever comes first writes the key. A listener keeps its slot after its end: there are few addresses in the life of a
  // gateway. Null: there is no room, and each process counts for itself.
  private slotOf(address: string): Slot | null {
    const { keys } = this;
    if (keys === null || this.place === NO_PLACE) return null;
    const key = hashText(address) | 0 || 1;
    for (let step = 0; step < keys.length; step++) {
      const at = (key + step) & (keys.length - 1);
      const found = Atomics.compareExchange(keys, at, 0, key);
      if (found === 0 || found === key) return slotOf(at);
    }
    return null;
  }
}

/** What others have at the same listener. */
export interface ListenerNumbers {
  /** This process has so many connections. Returns how many all have. */
  publish(own: number): number;
  /** Counts a connection of a client. False: the client has `limit` in all processes. Null: only this process counts it. */
  joins(client: string, limit: number): ClientPlace | false | null;
}

/** Where the connections of a client are counted. */
export interface ClientPlace {
  /** One more; false: it would be one too many. */
  again(limit: number): boolean;
  leave(): void;
}

const OWN_ONLY: ListenerNumbers = { publish: (own) => own, joins: () => null };

type Shared = { readonly open: Lines; readonly clients: ClientTable; readonly slot: Slot; readonly hash: number };

class SharedNumbers implements ListenerNumbers {
  constructor(private readonly shared: Shared) {}

  publish(own: number): number {
    const { open, slot } = this.shared;
    open.set(slot, own);
    return open.sum(slot);
  }

  joins(client: string, limit: number): ClientPlace | false | null {
    const { clients, hash } = this.shared;
    const key = { first: combine(hash, hashText(client)), second: combine(hash, hashText(client, SECOND_SEED)) };
    const entry = clients.join(key);
    if (entry === null) return null;
    if (clients.sum(key) <= limit) return new SharedClient(clients, key, entry);
    clients.leave(entry);
    return false;
  }
}

class SharedClient implements ClientPlace {
  constructor(
    private readonly clients: ClientTable,
    private readonly key: ClientKey,
    private readonly entry: number,
  ) {}

  again(limit: number): boolean {
    this.clients.again(this.entry);
    const isAllowed = this.clients.sum(this.key) <= limit;
    if (!isAllowed) this.leave();
    return isAllowed;
  }

  leave(): void {
    this.clients.leave(this.entry);
  }
}
