// What the deadline of a call says of its backend.
import { describe, expect, test } from 'bun:test';
import { ExchangeRig } from '../support/exchange-rig.ts';
import { A, B, tenant } from '../support/exchange-scenes.ts';

describe('the deadline of a call of gRPC', () => {
  const A_CALL = 'TE: trailers\r\nContent-Type: application/grpc\r\ngrpc-timeout: ';

  // Of two backends only b answers.
  async function judged(timeout: string): Promise<readonly (string | null)[]> {
    const rig = new ExchangeRig(tenant('    outlier_ejection: { consecutive: 3 }\n', A, B));
    for (let turn = 0; turn < 16; turn++) {
      const client = rig.request('POST', 1, '', 0, `${A_CALL}${timeout}\r\n`);
      const link = rig.network.links.at(-1);
      if (link?.state === 'connecting') link.accept();
      if (link?.backend.name === 'b') link.answer(200);
      await rig.clock.advance(1000);
      expect(client.failure?.code ?? client.outcome).toBeOneOf(['deadline-exceeded', 200]);
    }
    return ['a', 'b'].map((name) => rig.backend(name).obstacle);
  }

  test('says nothing of the backend where it is too short for anybody', async () => {
    expect(await judged('100m')).toEqual([null, null]);
  });

  test('counts against the backend where that has been silent for as long', async () => {
    expect(await judged('600m')).toEqual(['ejected', null]);
  });
});
