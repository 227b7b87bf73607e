// Options of a health check that contradict each other, or need another setting.
import { checks } from '../probing/registry.ts';
import type { Finding } from './finding.ts';
import type { CheckOutline } from './outline-pool.ts';

/** What is wrong with a tenant's check as a whole. */
export function crossCheckHealth(check: CheckOutline, allowsExec: boolean): readonly Finding[] {
  const { path, type, method, given, paths } = check;
  const kind = checks.find((candidate) => candidate.type === type);
  if (kind === undefined) return [];
  const findings: Finding[] = [];
  const add = (key: string, finding: Omit<Finding, 'path'>): void => {
    if (given.has(key)) findings.push({ path: [...path, key], ...finding });
  };
  if (type === 'exec' && !allowsExec) {
    const message = 'a check that runs a program is not allowed unless the configuration says so';
    add('type', { message, expected: '"allow_exec_checks: true" at the top level' });
  }
  if (given.has('address')) {
    add('port', { isKey: true, message: 'stands beside an address, which has a port already' });
  }
  if (check.hasSockets) {
    add('port', { isKey: true, message: 'a service of the tenant is a Unix socket, which has no port' });
  }
  if (type === 'http' && method === 'HEAD') {
    add('expect_body', { isKey: true, message: 'a response to HEAD has no body', expected: 'another method' });
  }
  if ('path' in kind.options.shape) return findings;
  const message = `{value} is a path, but the services of this tenant are checked by ${type}`;
  const expected = 'nothing, or an empty text for no check';
  return [...findings, ...paths.map((service) => ({ path: service, message, expected }))];
}
