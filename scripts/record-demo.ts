// Records docs/images/demo.svg: one real frame of the demo's screen, while an origin is away, as a picture.
// Usage: scripts/bun.sh scripts/record-demo.ts [FILE]
import { join } from 'node:path';
import { renderScreen } from '../tools/demo/screen.ts';
import { ORIGINS } from '../tools/demo/setting.ts';
import { Stage } from '../tools/demo/stage.ts';
import { millis } from '../src/core/units.ts';
import { realWorld } from '../src/world.ts';
import { terminalPicture } from './terminal-picture.ts';

const WIDTH = 100;
const HEIGHT = 25;
// The frame is taken when the first origin has come back, and the second has just been killed.
const TIMING = {
  origins: ORIGINS,
  first: millis(3000),
  down: millis(4000),
  every: millis(7000),
  settle: millis(0),
  end: null,
};
const RECORDED_AT = 11_900;

const file = process.argv[2] ?? join(import.meta.dir, '../docs/images/demo.svg');
const stage = await Stage.start({ world: realWorld(), timing: TIMING, onEvent: () => undefined });
if (!stage.ok) throw new Error(stage.error);
await Bun.sleep(RECORDED_AT);
const frame = renderScreen(stage.value.state(), { width: WIDTH, height: HEIGHT, color: true, unicode: true });
await stage.value.end();
const picture = terminalPicture(frame, { width: WIDTH, height: HEIGHT, title: 'keystone demo' });
await Bun.write(file, picture);
process.stdout.write(`${file}: ${picture.length} bytes\n`);
