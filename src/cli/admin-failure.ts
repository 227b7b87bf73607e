// What can go wrong between a command and the gateway, and the advice for it.
import { nearest } from '../core/near-miss.ts';
import type { AdminAddress } from './admin-address.ts';
import type { BackendName } from './backend-name.ts';
import type { ExitCode } from './contract.ts';

/** unreachable: nobody answers. refused: the token is not accepted. invalid: what was typed is not accepted. foreign:
 * what answers is not our admin API. */
export type AdminFailure =
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 429; readonly error: string }
  | { readonly kind: 'unknown-tenant' | 'unknown-backend'; readonly known: readonly string[] }
  | { readonly kind: 'invalid'; readonly error: string; readonly expected: string | null }
  /** It would do harm, and has to be asked for in so many words. */
  | { readonly kind: 'declined'; readonly error: string }
  /** At the moment it does nothing. */
  | { readonly kind: 'busy'; readonly error: string }
  | { readonly kind: 'foreign'; readonly status: number };

const MOST_NAMES = 20;

/** The exit code for a failure. */
export function exitCodeOf(failure: AdminFailure): ExitCode {
  return failure.kind === 'invalid' ? 2 : 1;
}

/** The lines to print: what went wrong, and what to do. `name`: the tenant or backend that was asked for. */
export function describeFailure(failure: AdminFailure, address: AdminAddress, name: BackendName | null): string {
  const { shown: url } = address;
  switch (failure.kind) {
    case 'unreachable':
      return `keystone: cannot reach the gateway at ${url}: ${failure.detail}\nIs it running? --url says where it is, if it is elsewhere.\n`;
    case 'refused':
      return `keystone: the gateway at ${url} refuses: ${failure.error}\n${adviceOnToken(failure.status, address)}\n`;
    case 'unknown-tenant':
      return `keystone: there is no tenant ${name?.tenant ?? ''}${namesInstead(name?.tenant ?? '', failure.known)}\n`;
    case 'unknown-backend': {
      const where = name === null ? '' : ` in tenant ${name.tenant}`;
      const wanted = name?.backend ?? '';
      return `keystone: there is no backend ${wanted}${where}${namesInstead(wanted, failure.known)}\n`;
    }
    case 'invalid':
      return `keystone: ${failure.error}${failure.expected === null ? '' : `; expected ${failure.expected}`}\n`;
    case 'declined':
      return `keystone: ${failure.error}; --force does it all the same\n`;
    case 'busy':
      return `keystone: ${failure.error}\n`;
    case 'foreign':
      return `keystone: what answers at ${url} is not the admin API of this version of the gateway (status ${failure.status})\nIs that the address of the gateway, and its admin_base_path? --url says another.\n`;
  }
}

function adviceOnToken(status: 401 | 403 | 429, { token }: AdminAddress): string {
  if (status === 429) return 'Wait for a second, and make sure that the token is right.';
  if (status === 403 && token === null)
    return 'Run this on the machine of the gateway, at its admin.address, or give the gateway tokens.';
  if (token === null) return 'Give one of its admin.tokens with --token-file FILE or $KEYSTONE_ADMIN_TOKEN.';
  return `It does not know the token of ${token.source}. --token-file FILE or $KEYSTONE_ADMIN_TOKEN give another.`;
}

function namesInstead(wanted: string, known: readonly string[]): string {
  if (known.length === 0) return '; there is none at all';
  const guess = nearest(wanted, known);
  const more = known.length > MOST_NAMES ? `, and ${known.length - MOST_NAMES} more` : '';
  const list = `There are: ${known.slice(0, MOST_NAMES).join(', ')}${more}`;
  return guess === null ? `\n${list}` : ` (did you mean ${guess}?)\n${list}`;
}
