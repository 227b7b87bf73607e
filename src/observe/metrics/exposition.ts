// Writes figures in the text format of Prometheus (0.0.4) or in OpenMetrics 1.0.

/** Which form the asker takes. */
export type ExpositionFormat = 'text' | 'openmetrics';

/** A metric with all of its series. */
export type Family = {
  /** With its unit, without `_total`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'info';
  readonly help: string;
  /** Names of labels, for the reference. */
  readonly labels: readonly string[];
};

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

// Small enough that none takes long to encode, large enough that there are few.
const CHUNK = 64 * 1024;
const UNITS = ['seconds', 'bytes', 'ratio'] as const;

export class Exposition {
  private readonly chunks: Uint8Array[] = [];
  private readonly encoder = new TextEncoder();
  private text = '';
  private family: Family | null = null;
  private sampleName = '';

  constructor(private readonly format: ExpositionFormat) {}

  /** What follows belongs to that metric. It is written as soon as there is a first value. */
  begin(family: Family): void {
    this.family = family;
  }

  /** `labels`: as they are written, by `label`; empty: none. */
  value(labels: string, value: number): void {
    this.open();
    this.line(this.sampleName, labels, value);
  }

  /** A part of a histogram or a summary: its `_bucket`, `_sum` or `_count`. */
  part(suffix: string, labels: string, value: number): void {
    this.open();
    this.line(`${this.sampleName}${suffix}`, labels, value);
  }

  end(): Uint8Array {
    if (this.format === 'openmetrics') this.text += '# EOF\n';
    this.flush();
    const whole = new Uint8Array(this.chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of this.chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  private open(): void {
    const { family, format } = this;
    if (family === null) return;
    this.family = null;
    this.sampleName = sampleNameOf(family);
    const isOpen = format === 'openmetrics';
    const name = isOpen && family.type !== 'info' ? family.name : this.sampleName;
    const told = isOpen ? family.name : name;
    this.text += `# HELP ${told} ${escapeHelp(family.help, isOpen)}\n`;
    this.text += `# TYPE ${told} ${isOpen || family.type !== 'info' ? family.type : 'gauge'}\n`;
    const unit = UNITS.find((one) => family.name.endsWith(`_${one}`));
    if (isOpen && unit !== undefined) this.text += `# UNIT ${told} ${unit}\n`;
  }

  private line(name: string, labels: string, value: number): void {
    this.text += labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
    if (this.text.length >= CHUNK) this.flush();
  }

  private flush(): void {
    this.chunks.push(this.encoder.encode(this.text));
    this.text = '';
  }
}

/** How the values of a metric are called. */
export function sampleNameOf({ name, type }: Family): string {
  if (type === 'counter') return `${name}_total`;
  return type === 'info' ? `${name}_info` : name;
}

/** One label. */
export function label(name: string, value: string): string {
  return `${name}="${/["\\\n]/.test(value) ? escapeValue(value) : value}"`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`).replaceAll('\n', String.raw`\n`);
}

function escapeHelp(help: string, isOpen: boolean): string {
  const escaped = help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return isOpen ? escaped.replaceAll('"', String.raw`\"`) : escaped;
}
