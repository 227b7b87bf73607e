// What the listeners of a running gateway are called. They stay as they were at the start; their names are those of the
// configuration in force.
import type { ListenerPlan } from './plan.ts';

type Named = Pick<ListenerPlan, 'name' | 'hostname' | 'port'>;

/** The names of those that run, by what the configuration now calls the same addresses; null: it does not name that one. */
export function namesInForce(running: readonly Named[], configured: readonly Named[]): readonly (string | null)[] {
  const left = [...configured];
  return running.map(({ hostname, port }) => {
    const at = left.findIndex((other) => other.hostname === hostname && other.port === port);
    // Each is found once: several listeners may have port 0, which stands for another port each time.
    return at < 0 ? null : (left.splice(at, 1)[0]?.name ?? null);
  });
}
