// Where the backends of a plan have their records, as a worker is told when it begins.
import { expect, test } from 'bun:test';
import { slotOf } from '../../src/core/cells.ts';
import { compile } from '../../src/plan/compile.ts';
import { poolsOf } from '../../src/plan/pools-of.ts';
import { Gateway } from '../../src/runtime/gateway.ts';
import { RemoteStanding } from '../../src/supervise/remote-standing.ts';
import { seatsOf } from '../../src/supervise/what-stands.ts';
import { realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';

const NOWHERE = slotOf(999);
const SERVICES = 'services: [{ name: a, url: "http://10.0.0.1:1" }, { name: b, url: "http://10.0.0.2:1" }]';
const PLAN = compile(
  config(`tenants:
  - { name: one, domains: [one.test], ${SERVICES} }
  - { name: two, domains: [two.test], ${SERVICES}, pools: { canary: { ${SERVICES} } } }
`),
);

test('a worker finds each backend at the slot that the owner of standing has given it', () => {
  const world = { ...realWorld(), writeLog: () => undefined };
  const gateway = Gateway.offline({ plan: PLAN, world });
  try {
    const send = (): void => undefined;
    const standing = new RemoteStanding({ ...world, atEnd: send, send, markHeard: send, nowhere: NOWHERE });
    standing.seated(PLAN, seatsOf(PLAN, gateway.snapshot));
    const found = PLAN.tenants.flatMap((tenant) =>
      poolsOf(tenant).flatMap(({ pool, services }) =>
        standing.open(
          pool,
          null,
          services.map(({ backend }) => backend),
        ),
      ),
    );
    const given = gateway.snapshot.sites.flatMap(({ current }) =>
      current.pools.flatMap(({ pool }) => pool.backends.map(({ slot }) => slot)),
    );
    expect(found).toEqual(given);
    expect(new Set(found).size).toBe(6);
    expect(found).not.toContain(NOWHERE);
  } finally {
    gateway.stop();
  }
});
