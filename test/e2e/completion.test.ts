// keystone completion in the shells that it is for.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../src/cli/registry.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { PROGRAM } from '../support/program.ts';
import { needs } from '../support/programs.ts';
import { Screen } from '../support/screen.ts';
import { until } from '../support/until.ts';

let folder = '';
let origin: Origin;
let gateway: GatewayProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keystone-shells-'));
  symlinkSync(PROGRAM, join(folder, 'keystone'));
  origin = new Origin('a');
  const services = `services: [{ name: a, url: "${origin.url}" }, { name: b, url: "${origin.url}" }]`;
  gateway = await GatewayProcess.start(`tenants:
  - { name: shop, domains: [shop.test], ${services} }
  - { name: shop-two, domains: [two.test], ${services} }
  - { name: blog, domains: [blog.test], ${services} }
`);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  origin[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** The words that a shell offers at the end of a line. */
type Completer = (line: string) => Promise<readonly string[]>;

async function output(words: readonly string[]): Promise<string> {
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const child = Bun.spawn([...words], { cwd: folder, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(errors).toBe('');
  return out;
}

const inBash: Completer = async (line) => {
  const script = `source <(keystone completion bash)
    COMP_LINE=$1; COMP_POINT=\${#COMP_LINE}
    _keystone keystone
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return wordsOf(await output(['bash', '--norc', '-c', script, 'bash', line]));
};

const inFish: Completer = async (line) => {
  const script = 'keystone completion fish | source; complete -C $argv[1]';
  return wordsOf(await output(['fish', '--no-config', '-c', script, line]));
};

// zsh completes only where somebody types: its functions that offer words are replaced by ones that print them.
const inZsh: Completer = async (line) => {
  const script = `compdef() {}
    compadd() { local all; while [[ "$1" == -* ]]; do [[ "$1" == -S ]] && shift; [[ "$1" == -- ]] && { shift; break }; shift; done
      for all in "$@"; do [[ "$all" == "$current"* ]] && print -r -- "$all"; done }
    _describe() { local -a found; found=("\${(@P)4}"); compadd -- "\${(@)found%%:*}" }
    _files() { compadd -- \${current}*(N) }
    source <(keystone completion zsh)
    words=("\${(@s: :)1}"); CURRENT=\${#words}; current=\${words[CURRENT]}
    _keystone`;
  return wordsOf(await output(['zsh', '-f', '-c', script, 'zsh', line]));
};

function wordsOf(out: string): readonly string[] {
  const lines = out.split('\n').map((line) => line.split('\t')[0] ?? '');
  return lines.filter((line) => line !== '').toSorted();
}

const SHELLS = [
  ['bash', true, inBash],
  ['fish', needs('fish'), inFish],
  ['zsh', needs('zsh'), inZsh],
] as const;

for (const [shell, isThere, complete] of SHELLS) {
  describe.skipIf(!isThere)(shell, () => {
    test('completes commands, their options, and words that are known', async () => {
      const all = [...commands.map(({ name }) => name), 'demo', 'help', 'load-test'].toSorted();
      expect(await complete('keystone ')).toEqual(all);
      expect(await complete('keystone dr')).toEqual(['drain']);
      expect(await complete('keystone help log')).toEqual(['log-level']);
      expect(await complete('keystone drain --d')).toEqual(['--deadline']);
      expect(await complete('keystone log-level ')).toEqual(['configured', 'debug', 'error', 'info', 'warn']);
      expect(await complete('keystone maintenance o')).toEqual(['off', 'on']);
      expect(await complete('keystone status --sort na')).toEqual(['name']);
      expect(await complete('keystone status --json --only d')).toEqual(['down']);
    });

    test('completes files where a file is wanted, and nothing where nobody knows', async () => {
      expect(await complete('keystone check --config key')).toEqual(['keystone']);
      expect(await complete('keystone check -c key')).toEqual(['keystone']);
      expect(await complete('keystone init key')).toEqual([]);
    });

    test('completes tenants and backends of the gateway that the line is about', async () => {
      const at = `--url ${gateway.admin}`;
      expect(await complete(`keystone purge ${at} sh`)).toEqual(['shop', 'shop-two']);
      expect(await complete(`keystone maintenance on ${at} b`)).toEqual(['blog']);
      expect(await complete(`keystone tail ${at} --tenant blo`)).toEqual(['blog']);
      expect(await complete(`keystone drain ${at} sh`)).toEqual(['shop-two/', 'shop/']);
      expect(await complete(`keystone drain ${at} shop/`)).toEqual(['shop/a', 'shop/b']);
      expect(await complete('keystone drain --url http://127.0.0.1:1 sh')).toEqual([]);
    });
  });
}

test.skipIf(process.platform !== 'linux' || !needs('script'))(
  'at the prompt of bash, Tab completes a command',
  async () => {
    await using screen = new Screen(`PATH='${folder}':"$PATH" PS1='ready ' exec bash --norc --noprofile -i`);
    screen.type('source <(keystone completion bash); echo loaded-$((1 + 1))\n');
    await until(() => screen.out.includes('loaded-2'), 'the script is there');
    screen.type('keystone vers\t');
    await until(() => screen.out.includes('keystone version'), 'it is completed');
    screen.type('\nexit\n');
    expect(await screen.exited()).toBe(0);
    expect(screen.out).toMatch(/[\r\n]keystone \d+\.\d+\.\d+/);
  },
);

test.skipIf(process.platform !== 'linux' || !needs('script', 'zsh'))(
  'at the prompt of zsh, Tab completes a command by a file of $fpath',
  async () => {
    const made = join(folder, 'functions');
    mkdirSync(made);
    writeFileSync(join(made, '_keystone'), (await keystone(['completion', 'zsh'])).out);
    await using screen = new Screen(`PATH='${folder}':"$PATH" exec zsh -f -i`);
    screen.type(`fpath=('${made}' $fpath); autoload -U compinit; compinit -u -D; echo loaded-$((1 + 1))\n`);
    await until(() => screen.out.includes('loaded-2'), 'the script is there');
    screen.type('keystone log-l\t');
    await until(() => screen.out.includes('log-level'), 'it is completed');
    screen.type('deb\t');
    await until(() => screen.out.includes('debug'), 'so is its operand');
  },
);

test('an unknown shell is refused with those that are known', async () => {
  expect(await keystone(['completion', 'tcsh'])).toEqual({
    code: 2,
    out: '',
    errors: 'keystone completion: tcsh is no shell that it knows; expected bash, zsh or fish\n',
  });
});
