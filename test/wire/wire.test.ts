// Sends every case to the real gateway: in one piece, cut once, and byte by byte.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { allCases, families } from './cases/all.ts';
import { halfClosePortOf, wireConfig } from './gateway-config.ts';
import { CaseBackend } from './case-backend.ts';
import { MANNERS, type Manner, type Verdict, playAll } from './runner.ts';

const SEED = Number(process.env['WIRE_SEED'] ?? 20_260_701);
const MANNER_MILLIS = 60_000;

let backend: CaseBackend;
let gateways: GatewayProcess[] = [];

beforeAll(async () => {
  backend = await CaseBackend.start();
  const { port } = backend.recording;
  gateways = await Promise.all([
    GatewayProcess.start(wireConfig(port, { trusting: false })),
    GatewayProcess.start(wireConfig(port, { trusting: true })),
  ]);
}, MANNER_MILLIS);

afterAll(async () => {
  for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

for (const manner of MANNERS) {
  describe(`sent ${manner === 'bytes' ? 'byte by byte' : manner === 'split' ? `cut once (seed ${SEED})` : 'whole'}`, () => {
    let verdicts: Verdict[] = [];
    beforeAll(async () => {
      verdicts = await play(manner);
    }, MANNER_MILLIS);
    for (const family of families) {
      describe(family.name, () => {
        for (const wireCase of family.cases) {
          test(`${wireCase.name} (${wireCase.source})`, () => {
            expect(verdicts[allCases.indexOf(wireCase)].problems).toEqual([]);
          });
        }
      });
    }
  });
}

test('the backend never receives what could be read in two ways', () => {
  expect(backend.recording.connections.flatMap(({ violation }) => violation ?? [])).toEqual([]);
});

test('every case has a name of its own', () => {
  expect(new Set(allCases.map(({ name }) => name)).size).toBe(allCases.length);
});

function play(manner: Manner): Promise<Verdict[]> {
  const target = {
    port: gateways[0].port,
    trustingPort: gateways[1].port,
    halfClosePort: halfClosePortOf(gateways[0]),
  };
  return playAll(target, backend, { cases: allCases, manner, seed: SEED });
}
