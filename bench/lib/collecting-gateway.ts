// Runs the gateway; on SIGUSR2 it collects its garbage and prints how many bytes it still holds. KEYSTONE_MAIN: the main
// module of another build.
import { heapStats } from 'bun:jsc';

process.on('SIGUSR2', () => {
  // Twice: objects with a finalizer need a second collection.
  Bun.gc(true);
  Bun.gc(true);
  console.error(`held: ${heapStats().heapSize} bytes`);
});

await import(process.env['KEYSTONE_MAIN'] ?? '../../src/main.ts');
