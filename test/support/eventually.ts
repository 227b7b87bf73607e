// Waits for a condition, with a bound.

const POLL_MILLIS = 2;

/** Whether the condition comes to hold within `bound` milliseconds; for a wait whose failure is a finding, not an error. */
export async function eventually(condition: () => boolean | Promise<boolean>, bound: number): Promise<boolean> {
  const deadline = performance.now() + bound;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
  }
}
