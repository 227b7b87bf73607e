// The gateway, which collects its garbage on SIGUSR2 and then says how many bytes it still holds. KEYSTONE_MAIN: the main
// module of another build.
import { heapStats } from 'bun:jsc';

process.on('SIGUSR2', () => {
  // What has a finalizer needs a second turn.
  Bun.gc(true);
  Bun.gc(true);
  console.error(`held: ${heapStats().heapSize} bytes`);
});

await import(process.env['KEYSTONE_MAIN'] ?? '../../src/main.ts');
