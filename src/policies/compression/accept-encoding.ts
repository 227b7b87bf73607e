// Accept-Encoding (RFC 9110 12.5.3): which of the codings that we can make the client likes best.

/** A content coding that responses can be given. */
export type Coding = 'br' | 'zstd' | 'gzip' | 'deflate';

/** In the order of preference where the client has none: by what they save for the time they take. */
export const CODINGS: readonly Coding[] = ['br', 'zstd', 'gzip', 'deflate'];

const WEIGHT = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i;

/** The coding for a response; null: it stays as it is. */
export function chooseCoding(acceptEncoding: string | null): Coding | null {
  if (acceptEncoding === null) return null;
  const weights = weightsOf(acceptEncoding);
  const others = weights.get('*') ?? 0;
  // A client that names `identity` may prefer it; one that does not takes it as the last resort.
  let best = weights.get('identity') ?? 0;
  let chosen: Coding | null = null;
  for (const coding of CODINGS) {
    const weight = weights.get(coding) ?? others;
    const isBetter = chosen === null ? weight > 0 && weight >= best : weight > best;
    if (!isBetter) continue;
    best = weight;
    chosen = coding;
  }
  return chosen;
}

// Of a coding that is named twice, the first weight counts.
function weightsOf(acceptEncoding: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const element of acceptEncoding.toLowerCase().split(',')) {
    const [name, ...parameters] = element.split(';');
    const coding = canonicalName(name.trim());
    if (coding !== '' && !weights.has(coding)) weights.set(coding, weightOf(parameters));
  }
  return weights;
}

// RFC 9110 8.4.1.3: `x-gzip` is `gzip`.
function canonicalName(name: string): string {
  return name === 'x-gzip' ? 'gzip' : name;
}

// What cannot be read is taken for a no: a response as it is can be read by everybody.
function weightOf(parameters: readonly string[]): number {
  if (parameters.length === 0) return 1;
  const match = parameters.length === 1 ? WEIGHT.exec(parameters[0]) : null;
  return match === null ? 0 : Number(match[1]);
}
