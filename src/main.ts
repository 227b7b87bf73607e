// Arguments, signals, exit codes; no logic.
import { type Role, askedOf } from './world/spawn-self.ts';

// Each process loads what its role needs and nothing else.
const ROLE_PROGRAMS: Readonly<Record<Role, () => Promise<unknown>>> = {
  'config-reader': () => import('./cli/config-reader.ts'),
  'demo-origin': () => import('../tools/origins/program.ts'),
  'load-test-gateway': () => import('../tools/load-test/gateway-program.ts'),
  'load-test-load': () => import('../tools/load-test/autocannon-program.mjs'),
  past: () => import('./state/past/past-program.ts'),
  worker: () => import('./supervise/worker-program.ts'),
};

const asked = askedOf(process.argv.slice(2));
switch (asked.kind) {
  case 'command':
    await import('./command-line.ts');
    break;
  case 'role':
    // The program of a role finds its arguments where every program does.
    process.argv.splice(2, asked.words);
    await ROLE_PROGRAMS[asked.role]();
    break;
  case 'refused':
    process.stderr.write(`keystone: ${asked.reason}\n`);
    process.exit(1);
}
