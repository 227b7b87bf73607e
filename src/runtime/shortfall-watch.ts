// Tells people when the system lets the gateway have fewer connections than it is configured for.
import type { Log } from '../observe/log.ts';
import { descriptorShortfall } from '../plan/descriptor-needs.ts';
import type { GatewayPlan } from '../plan/plan.ts';

export class ShortfallWatch {
  /** How many descriptors were told to be missing last; null: none were. */
  private told: number | null = null;

  constructor(
    private readonly log: Log,
    private readonly limit: () => number,
  ) {}

  /** A plan is in force. `hasTyped`: the gateway listens where no plan says, too. */
  look(gateway: GatewayPlan, hasTyped: boolean): void {
    const shortfall = descriptorShortfall(gateway, hasTyped, this.limit());
    const { told } = this;
    this.told = shortfall?.needed ?? null;
    if (shortfall === null || told === shortfall.needed) return;
    const { limit, needed, clients, possible } = shortfall;
    const fields = { limit, needed, connections: clients, possible };
    this.log('warn', 'RLIMIT_NOFILE is too low for the connections that are configured', fields);
  }
}
