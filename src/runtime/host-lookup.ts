// Asks DNS for policies, as the configuration in force says.
import type { Answer, Lookup, LookupSettings } from '../discovery/contract.ts';
import type { HostLookup } from '../policies/tools.ts';
import type { World } from '../world.ts';

/** `settings`: those of now. */
export function hostLookup({ lookup }: Pick<World, 'lookup'>, settings: () => LookupSettings): HostLookup {
  let made: { readonly by: LookupSettings; readonly lookup: Lookup } | null = null;
  const now = (): Lookup => {
    const by = settings();
    if (made?.by !== by) made = { by, lookup: lookup(by) };
    return made.lookup;
  };
  return {
    namesOf: async (address) => recordsOf(await now().names(address, NEVER)),
    // With its dot a name is complete: neither the hosts file nor the domains of the system make another one of it.
    addressesOf: async (name, kind) => recordsOf(await now().addresses(`${name}.`, kind.includes(':') ? 6 : 4, NEVER)),
  };
}

// Questions end by their own timeout.
const NEVER = new AbortController().signal;

function recordsOf(answer: Answer<string>): readonly string[] | null {
  if (answer.ok) return answer.value.records;
  return answer.error.code === 'not-found' ? [] : null;
}
