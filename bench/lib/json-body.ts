// Bodies as an API answers with, for the scenarios of compression: text that repeats itself as JSON does, and no more. They
// are the same in every run.

/** The sizes of the JSON bodies that the origins serve, by path. */
export const JSON_BODIES = { 'json-4k': 4096, 'json-80k': 81_920 } as const;

const WORDS = (
  'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna ' +
  'aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat'
).split(' ');

/** A list of records, cut off at so many bytes. */
export function jsonBody(size: number): string {
  const draw = draws();
  const word = (): string => WORDS[Math.floor(draw() * WORDS.length)];
  const records: string[] = [];
  for (let length = 0; length < size; length += records.at(-1)?.length ?? 0) {
    records.push(
      JSON.stringify({
        id: 100_000 + records.length * 7,
        name: `${word()} ${word()}`,
        email: `${word()}.${word()}@example.com`,
        price: Math.round(draw() * 100_000) / 100,
        stock: Math.floor(draw() * 500),
        tags: [word(), word()],
        created: new Date(1.7e12 + Math.floor(draw() * 3e10)).toISOString(),
        description: Array.from({ length: 12 }, word).join(' '),
      }),
    );
  }
  return `[${records.join(',')}]`.slice(0, size);
}

// In [0, 1), the same ones each time: a linear congruential generator (Numerical Recipes).
function draws(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
