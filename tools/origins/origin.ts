// Origins for demo, load test and tests: processes that can be killed and started again on the same port.
import { type Result, err, ok } from '../../src/core/result.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { spawnSelf } from '../../src/world/spawn-self.ts';

const START_LIMIT = millis(5000);
const START_TRIES = 5;
const RETRY_AFTER = millis(200);

/** How long an origin takes to answer, in milliseconds. */
export type Pause = { readonly least: number; readonly most: number };

/** One origin. */
export class Origin {
  private child: Bun.Subprocess<'pipe', 'pipe', 'ignore'> | null = null;
  /** 0 before its first start. */
  port = 0;

  constructor(
    readonly name: string,
    private readonly pause: Pause,
  ) {}

  /** Starts the origin; not for the first time: on the same port again. The error is one line for people. */
  async start(): Promise<Result<void, string>> {
    let problem = '';
    for (let tries = 0; tries < START_TRIES; tries++) {
      const report = await this.launch();
      const port = /^listening (\d+)$/.exec(report)?.[1];
      if (port !== undefined) {
        this.port = Number(port);
        return ok(undefined);
      }
      problem = report;
      this.kill();
      // While the origin was down, another program may have taken its port for a moment.
      await Bun.sleep(RETRY_AFTER);
    }
    return err(`origin ${this.name} did not start: ${problem}`);
  }

  /** Kills the process at once (SIGKILL). */
  kill(): void {
    this.child?.kill('SIGKILL');
    this.child = null;
  }

  private async launch(): Promise<string> {
    const { least, most } = this.pause;
    const words = [this.name, this.port, least, most].map(String);
    const child = spawnSelf('demo-origin', words, { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' });
    this.child = child;
    return await firstLine(child.stdout, START_LIMIT);
  }
}

/** Starts all origins, or none. */
export async function startOrigins(names: readonly string[], pause: Pause): Promise<Result<readonly Origin[], string>> {
  const origins = names.map((name) => new Origin(name, pause));
  const started = await Promise.all(origins.map((origin) => origin.start()));
  const problem = started.find((result) => !result.ok);
  if (problem === undefined) return ok(origins);
  for (const origin of origins) origin.kill();
  return problem;
}

async function firstLine(output: ReadableStream<Uint8Array>, limit: Millis): Promise<string> {
  const reader = output.getReader();
  const decoder = new TextDecoder();
  const timer = setTimeout(() => void reader.cancel(), limit);
  let text = '';
  while (!text.includes('\n')) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  clearTimeout(timer);
  return text === '' ? 'no sign of life' : text.slice(0, text.indexOf('\n'));
}
