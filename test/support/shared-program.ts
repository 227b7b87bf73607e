// Another process for tests of what processes share: descriptor 3 is memory or one end of a pair, and the first word says what
// to do with it.
import { readSync } from 'node:fs';
import { receive } from '../../src/world/descriptor-mail.ts';
import { kernelSockets } from '../../src/world/kernel-sockets.ts';
import { machineTime } from '../../src/world/monotonic.ts';
import { mapSharedMemory } from '../../src/world/shared-memory.ts';

const INHERITED = 3;
const [, , task, word = ''] = process.argv;

switch (task) {
  case 'add': {
    const words = new Int32Array(mapSharedMemory(INHERITED));
    for (let time = 0; time < Number(word); time++) Atomics.add(words, 1, 1);
    break;
  }
  case 'receive': {
    readSync(0, new Uint8Array(1)); // wait for the word that something has been sent
    const parcel = receive(INHERITED);
    const [socket = -1] = parcel?.descriptors ?? [];
    process.stdout.write(JSON.stringify([parcel?.text, kernelSockets()?.addressOf(socket)]));
    break;
  }
  case 'time':
    process.stdout.write(String(machineTime()()));
    break;
}
