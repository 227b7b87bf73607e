// What the log of a gateway says of its latest reload.

/** From the moment when the configuration had been read until all processes had it in force, in milliseconds. */
export function appliedIn(output: string): number {
  const line = output.split('\n').findLast((one) => one.includes('"configuration reloaded"'));
  const [, amount, unit] = /"applied_in":"([\d.]+)(ms|s)"/.exec(line ?? '') ?? [];
  if (amount === undefined) throw new Error(`no reload says how long it took:\n${output}`);
  return Number(amount) * (unit === 's' ? 1000 : 1);
}
