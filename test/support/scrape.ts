// Reads the metrics of a gateway.

/** The values of a scrape, by the names of their metrics and by their labels as they are written. */
export class Scrape {
  private readonly samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[];

  constructor(readonly text: string) {
    this.samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, name = '', labels = '', value = ''] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
        return { name, labels, value: Number(value) };
      });
  }

  static async of(admin: string, accept = '*/*'): Promise<Scrape> {
    const response = await fetch(`${admin}/metrics`, { headers: { accept } });
    if (response.status !== 200) throw new Error(`the metrics are answered ${response.status}`);
    return new Scrape(await response.text());
  }

  get names(): ReadonlySet<string> {
    return new Set(this.samples.map(({ name }) => name));
  }

  /** The sum of all series that have all of these labels (`tenant="shop"`). */
  sum(name: string, ...labels: readonly string[]): number {
    const found = this.samples.filter(
      (sample) => sample.name === name && labels.every((one) => `,${sample.labels},`.includes(`,${one},`)),
    );
    return found.reduce((sum, { value }) => sum + value, 0);
  }
}
