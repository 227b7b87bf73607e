// Finds the gateway that a command speaks to, and the token for it: on the command line, in the environment, or in the
// configuration that the gateway runs with.
import { existsSync } from 'node:fs';
import { DEFAULT_ADMIN_ADDRESS, isLoopback } from '../config/admin.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { loadConfigAlone } from '../config/load.ts';
import type { AdminPart } from '../config/admin-part.ts';
import { formatProblem, problemCount } from '../config/problems.ts';
import { type Result, err, ok } from '../core/result.ts';
import { bytes, countOf } from '../core/units.ts';
import type { World } from '../world.ts';
import { configFiles } from './config-files.ts';
import { DEFAULT_ADDRESS, formatUrl, wantedAddress } from './address.ts';
import { type CommandInput, type CommandOption, typed, variable } from './contract.ts';
import { gatewayInForce } from './gateway-in-force.ts';
import { CONFIG_OPTION, configFile, configOfEnvironment } from './config-option.ts';

export type AdminAddress = {
  /** Of the admin API, without a slash at its end. */
  readonly url: string;
  /** The Unix socket that it is reached by; null: it is reached by the host of the URL. */
  readonly socketPath: string | null;
  /** As messages name it. */
  readonly shown: string;
  /** The gateway is on this machine. Nobody can intercept the connection, so its certificate is not verified. */
  readonly isLoopback: boolean;
  readonly token: Token | null;
  /** How the gateway was found where the configuration file is broken, as a line to print. */
  readonly note: string | null;
};

/** `source`: where the token comes from. Messages name the source and never show the token itself. */
export type Token = { readonly text: string; readonly source: string };

/** Why the gateway could not be found, as lines to print. `code`: the exit code, 2 if what was typed is wrong. */
export type AddressProblem = { readonly code: 1 | 2; readonly message: string };

export const ADDRESS_OPTIONS: readonly CommandOption[] = [
  { name: 'url', value: 'URL', summary: 'the gateway (default: $KEYSTONE_ADMIN_URL, or as the configuration says)' },
  {
    name: 'token-file',
    value: 'FILE',
    summary: 'holds the token (default: $KEYSTONE_ADMIN_TOKEN, or the first plain one of admin.tokens)',
  },
  CONFIG_OPTION,
];

const DEFAULT_BASE_PATH = '/admin';
const LARGEST_TOKEN = bytes(64 * 1024);

/** The admin API that a command speaks to, and the token that it shows there. */
export async function findGateway(input: CommandInput, world: World): Promise<Result<AdminAddress, AddressProblem>> {
  const wanted = typed(input, 'url') ?? variable(input.environment, 'KEYSTONE_ADMIN_URL');
  const config = await findConfig(input, world, wanted !== null);
  if (!config.ok) return config;
  const { part, broken } = config.value;
  const url = wanted === null ? urlOf(part, input) : readUrl(wanted, part);
  if (!url.ok) return url;
  const token = await findToken(input, world, part);
  if (!token.ok) return token;
  const { href, hostname, socketPath = null } = url.value;
  const shown = socketPath === null ? href : `unix:${socketPath}`;
  return ok({
    url: href,
    socketPath,
    shown,
    isLoopback: socketPath !== null || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')),
    token: token.value,
    note: broken === null ? null : `keystone: ${broken(shown)}\n`,
  });
}

/** `part` null: the command has to do without the configuration, and can. `broken`: says for people where a gateway was found
 * whose configuration file is broken; null: the file is right, or nobody needs it. */
type FoundConfig = { readonly part: AdminPart | null; readonly broken: ((place: string) => string) | null };

const NO_CONFIG: FoundConfig = { part: null, broken: null };

/** Reads the configuration if it is there. */
async function findConfig(
  input: CommandInput,
  world: World,
  hasUrl: boolean,
): Promise<Result<FoundConfig, AddressProblem>> {
  const file = configFile(input);
  const isNamed = typed(input, 'config') !== null;
  const isWanted = isNamed || (!hasUrl && configOfEnvironment(input.environment) !== null);
  if (!isWanted && !existsSync(file)) return ok(NO_CONFIG);
  const loaded = await loadConfigAlone(file, world.environment, configFiles(world));
  if (loaded.ok) return ok({ part: loaded.value.config, broken: null });
  if (hasUrl && !isNamed) return ok(NO_CONFIG);
  const found = await gatewayInForce(file, world);
  if (found !== null) {
    const problems = countOf(problemCount(loaded.error), 'problem');
    const what = `${file} has ${problems}, which "keystone check" lists`;
    return ok({ part: found.part, broken: (place) => `${what}; asking the gateway at ${place} (${found.source})` });
  }
  const problems = loaded.error.map((problem) => `${formatProblem(problem)}\n`).join('');
  const hint = 'keystone: the configuration is needed to find the gateway, unless --url says where it is\n';
  return err({ code: 1, message: problems + hint });
}

type Place = { readonly href: string; readonly hostname: string; readonly socketPath?: string };

// The address that the admin API has for itself. If it has none, one of the listeners of clients.
function urlOf(config: AdminPart | null, input: CommandInput): Result<Place, AddressProblem> {
  const own = config?.admin.address ?? DEFAULT_ADMIN_ADDRESS;
  if (own.kind === 'unix') return ok(onSocket(own.path));
  if (own.kind === 'none') return publicUrlOf(config, input);
  const hostname = reachable(own);
  return ok({ href: formatUrl(hostname, own.port, false) + DEFAULT_BASE_PATH, hostname });
}

function onSocket(socketPath: string): Place {
  return { href: `http://localhost${DEFAULT_BASE_PATH}`, hostname: 'localhost', socketPath };
}

function publicUrlOf(config: AdminPart | null, input: CommandInput): Result<Place, AddressProblem> {
  const basePath = config?.admin_base_path ?? DEFAULT_BASE_PATH;
  // A listener with the PROXY protocol expects a header before the request, and we send none.
  const listener = config?.listeners.find((candidate) => candidate.proxy_protocol === 'off');
  const wanted = listener === undefined ? wantedAddress(input) : ok(listener.address);
  if (!wanted.ok) return err({ code: 2, message: `keystone: ${wanted.error}\n` });
  const address = wanted.value ?? DEFAULT_ADDRESS;
  // Without listeners in the configuration the gateway speaks TLS on its one address if the configuration has TLS.
  const isTls = listener === undefined ? config?.tls?.enabled === true : listener.tls;
  const hostname = reachable(address);
  return ok({ href: formatUrl(hostname, address.port, isTls) + basePath, hostname });
}

function reachable({ hostname }: Pick<ListenAddress, 'hostname'>): string {
  if (hostname === null || hostname === '0.0.0.0') return '127.0.0.1';
  return hostname === '::' ? '::1' : hostname;
}

function readUrl(text: string, config: AdminPart | null): Result<Place, AddressProblem> {
  if (/^unix:\/[^/]/.test(text)) return ok(onSocket(text.slice('unix:'.length)));
  const url = URL.parse(text);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === '';
  if (!isPlain || url.search !== '' || url.hash !== '') {
    // The message does not repeat what was typed, because it may hold a password.
    return err({
      code: 2,
      message:
        'keystone: that is not a URL of a gateway; expected one such as http://127.0.0.1:9901 or unix:/run/keystone.sock\n',
    });
  }
  const path = url.pathname.replace(/\/+$/, '') || (config?.admin_base_path ?? DEFAULT_BASE_PATH);
  return ok({ href: url.origin + path, hostname: url.hostname });
}

async function findToken(
  input: CommandInput,
  world: World,
  config: AdminPart | null,
): Promise<Result<Token | null, AddressProblem>> {
  const file = typed(input, 'token-file');
  if (file !== null) return readToken(file, world);
  const text = variable(input.environment, 'KEYSTONE_ADMIN_TOKEN');
  if (text !== null) return checkToken(text, '$KEYSTONE_ADMIN_TOKEN');
  const configured = config?.admin.tokens.find(({ token }) => token !== undefined)?.token;
  return ok(configured === undefined ? null : { text: configured, source: `admin.tokens of ${configFile(input)}` });
}

async function readToken(file: string, world: World): Promise<Result<Token, AddressProblem>> {
  try {
    return checkToken(new TextDecoder().decode(await world.readFile(file, LARGEST_TOKEN)), file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err({ code: 1, message: `keystone: cannot read the token from ${file}: ${why}\n` });
  }
}

function checkToken(text: string, source: string): Result<Token, AddressProblem> {
  const token = text.trim();
  if (/^[!-~]+$/.test(token)) return ok({ text: token, source });
  return err({ code: 1, message: `keystone: ${source} holds no token: expected one line without spaces\n` });
}
