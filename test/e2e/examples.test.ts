// Every example can be put in force as it is, with a server in the place of each backend.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'bun:test';
import { ExampleStage } from '../support/example-stage.ts';

const EXAMPLES = resolve(import.meta.dir, '../../examples');
// It has every setting at once, also some that need root; that it is right is for test/unit/config-reference.test.ts.
const NOT_TO_RUN = 'everything.yaml';
// Of APIs, for the policy openapi.
const DESCRIPTIONS = 'apis/';

const files = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.yaml') && file !== NOT_TO_RUN && !file.startsWith(DESCRIPTIONS),
);

test.each(files)('%s', async (file) => {
  await using stage = await ExampleStage.open(file);
  const tenants = await stage.tenants();
  expect(tenants.length).toBeGreaterThan(0);
});
