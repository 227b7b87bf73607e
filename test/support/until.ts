// Waits for a condition, with a bound.

// Far more than anything takes on a busy machine. It costs time only where a test fails.
const LIMIT_MS = 40_000;
const STEP_MS = 5;

/** Resolves when `condition` holds; rejects with `what` after the bound. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limit = LIMIT_MS,
): Promise<void> {
  const end = performance.now() + limit;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${limit} ms in vain until ${what}`);
    await new Promise((resolve) => setImmediate(() => setTimeout(resolve, STEP_MS)));
  }
}

const REST_MS = 300;

/** Resolves when a number has not changed for a while: there is no other sign that a sender is held up. */
export async function untilItRests(read: () => number, what: string): Promise<void> {
  let last = read();
  let since = performance.now();
  await until(() => {
    const now = read();
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since > REST_MS;
  }, what);
}
