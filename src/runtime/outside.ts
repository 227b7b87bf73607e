// How a process reaches what is outside of it, by name or by address.
import { AddressBook } from '../discovery/address-book.ts';
import { callByName, connectByName, dialByName } from '../discovery/connect-by-name.ts';
import type { Names } from '../discovery/names.ts';
import type { TransportTools } from '../upstream/contract.ts';
import type { World } from '../world.ts';

export type Outside = Pick<World, 'dial' | 'connect' | 'call' | 'run'> & Pick<TransportTools, 'reportShortage'>;

/** All names go one way: whoever connects gets the outside from here. */
export function namesOf(discovery: Names, world: World, lacking: Pick<Outside, 'reportShortage'>) {
  const book = new AddressBook(discovery, world.clock);
  const tools = { addresses: book, clock: world.clock };
  const outside: Outside = {
    dial: dialByName(world.dial, tools),
    connect: connectByName(world.connect, tools),
    call: callByName(world.call, tools),
    run: world.run,
    ...lacking,
  };
  return { book, outside, nameProblem: (name: string): string | null => book.problem(name) };
}
