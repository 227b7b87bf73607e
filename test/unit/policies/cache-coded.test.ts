import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'bun:test';
import type { FakeClient } from '../../support/fake-client.ts';
import { until } from '../../support/until.ts';
import { Cached, kept } from '../../support/policies/cached.ts';

const FIELDS = ['Cache-Control: max-age=60', 'Content-Type: text/plain', 'ETag: "1"'];
const GZIP = { fields: ['Accept-Encoding: gzip'] };
const TEXT = 'a text that is said again and again. '.repeat(100);

function sceneOf(body = TEXT, fields = FIELDS): Cached {
  const scene = new Cached({ max_object: '4MiB' }, [], [], '    compression: { level: 5, min_bytes: 100 }\n');
  scene.fetch(fields, '/a', {}, { body });
  return scene;
}

function unzipped(client: FakeClient): string {
  return new TextDecoder().decode(gunzipSync(kept(client).body));
}

describe('what is kept', () => {
  test('is compressed once, for clients that ask for it', () => {
    const scene = sceneOf();
    const client = scene.ask('/a', GZIP);
    expect(unzipped(client)).toBe(TEXT);
    expect(client.added.toSorted()).toEqual(['Content-Encoding: gzip', 'ETag: "1-ks-gzip"', 'Vary: Accept-Encoding']);
    expect(kept(scene.ask('/a', GZIP)).body).toBe(kept(client).body);
    const plain = scene.ask();
    expect([kept(plain).body.length, plain.added]).toEqual([TEXT.length, ['Vary: Accept-Encoding']]);
  });

  test('is confirmed by the tag of the form that the client has', () => {
    const scene = sceneOf();
    const client = scene.ask('/a', { fields: ['Accept-Encoding: gzip', 'If-None-Match: "1-ks-gzip"'] });
    expect([client.outcome, client.added.toSorted()]).toEqual([304, ['ETag: "1-ks-gzip"', 'Vary: Accept-Encoding']]);
  });

  test('is given as it is where it may not be changed, is small, or only a part is wanted', () => {
    for (const fields of [
      [...FIELDS, 'Cache-Control: no-transform'],
      [...FIELDS, 'Content-Encoding: br'],
      ['Cache-Control: max-age=60', 'Content-Type: image/png'],
    ])
      expect(sceneOf(TEXT, fields).ask('/a', GZIP).added).not.toContain('Content-Encoding: gzip');
    expect(sceneOf('short').ask('/a', GZIP).added).toEqual(['Vary: Accept-Encoding']);
    const part = sceneOf().ask('/a', { fields: [...GZIP.fields, 'Range: bytes=0-1'] });
    expect([part.outcome, part.added]).toEqual([206, ['Vary: Accept-Encoding']]);
  });

  test('and is large is compressed beside what goes on, and given as it is until then', async () => {
    const body = TEXT.repeat(100);
    const scene = sceneOf(body);
    expect(kept(scene.ask('/a', GZIP)).body.length).toBe(body.length);
    await until(() => kept(scene.ask('/a', GZIP)).body.length < body.length, 'it is compressed');
    expect(unzipped(scene.ask('/a', GZIP))).toBe(body);
  });
});
