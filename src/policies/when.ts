// Which requests a policy is for: compiled once, asked before the policy itself.
import { type AddressRange, isInRanges } from '../core/cidr.ts';
import { DOT, ascii, equalsExactly, equalsLowered } from '../message/bytes.ts';
import type { PolicyRequest } from './contract.ts';
import type { WhenPlan } from './policy-plan.ts';

/** True: the request is meant. */
export type Condition = (request: PolicyRequest) => boolean;

/** Null: all requests are meant. */
export function compileWhen(when: WhenPlan | null): Condition | null {
  if (when === null) return null;
  const all = conditionsOf(when);
  if (all.length === 0) return null;
  const [first] = all;
  return all.length === 1 && first !== undefined ? first : (request) => all.every((holds) => holds(request));
}

function conditionsOf({ methods, paths, hosts, headers, clients, not, and }: WhenPlan): readonly Condition[] {
  const excluded = not === undefined ? null : compileWhen(not);
  const also = and === undefined ? null : compileWhen(and);
  return [
    ...(methods === undefined ? [] : [methodIn(methods)]),
    ...(paths === undefined ? [] : [pathIn(paths)]),
    ...(hosts === undefined ? [] : [hostIn(hosts)]),
    ...Object.entries(headers ?? {}).map(([name, values]) => fieldIn(name, values)),
    ...(clients === undefined ? [] : [clientIn(clients)]),
    ...(excluded === null ? [] : [(request: PolicyRequest) => !excluded(request)]),
    ...(also === null ? [] : [also]),
  ];
}

function methodIn(methods: readonly string[]): Condition {
  // An origin does for HEAD what it does for GET, and tells all but the body.
  const wanted = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].map(ascii);
  return ({ head }) => {
    const length = head.methodEnd - head.start;
    for (const method of wanted)
      if (method.length === length && equalsExactly(head.bytes, head.start, method)) return true;
    return false;
  };
}

/** The path of a request: in its normal form, or as another program may read it. */
export type PathPlace = { readonly bytes: Uint8Array; readonly pathStart: number; readonly pathEnd: number };
type PathTest = (at: PathPlace) => boolean;

function pathIn(paths: readonly string[]): Condition {
  const test = pathTest(paths);
  return ({ head }) => test(head);
}

// `/admin/*` is for `/admin`, too: most programs answer both alike.
function pathTest(paths: readonly string[]): PathTest {
  const wanted = paths
    .flatMap((path) => (path.endsWith('/*') && path !== '/*' ? [path, path.slice(0, -2)] : [path]))
    .map((path) => {
      const isBeginning = path.endsWith('*');
      return { isBeginning, text: ascii(isBeginning ? path.slice(0, -1) : path) };
    });
  return ({ bytes, pathStart, pathEnd }) => {
    const length = pathEnd - pathStart;
    for (const { isBeginning, text } of wanted) {
      const fits = isBeginning ? text.length <= length : text.length === length;
      if (fits && equalsExactly(bytes, pathStart, text)) return true;
    }
    return false;
  };
}

/** Whether all conditions on paths hold in both places, or in none. */
export type Alike = (one: PathPlace, other: PathPlace) => boolean;

/** Null: there are no conditions on paths. */
export function compileAlike({ paths, not, and }: WhenPlan): Alike | null {
  const test = paths === undefined ? null : pathTest(paths);
  const inner = [not, and].flatMap((when) => (when === undefined ? [] : (compileAlike(when) ?? [])));
  if (test === null && inner.length === 0) return null;
  return (one, other) => (test === null || test(one) === test(other)) && inner.every((alike) => alike(one, other));
}

function hostIn(hosts: readonly string[]): Condition {
  const exact = hosts.filter((host) => !host.includes('*')).map(ascii);
  const under = hosts.filter((host) => host.startsWith('*.')).map((host) => ascii(host.slice(1)));
  const beginnings = hosts.filter((host) => host.endsWith('.*')).map((host) => ascii(host.slice(0, -1)));
  return ({ head: { bytes, hostStart, hostNameEnd } }) => {
    const length = hostNameEnd - hostStart;
    for (const host of exact) if (host.length === length && equalsLowered(bytes, hostStart, host)) return true;
    for (const end of under) {
      // One label stands for the asterisk in front, as in the domains of a tenant.
      const start = hostNameEnd - end.length;
      if (start > hostStart && equalsLowered(bytes, start, end) && bytes.indexOf(DOT, hostStart) === start) return true;
    }
    for (const host of beginnings) if (host.length <= length && equalsLowered(bytes, hostStart, host)) return true;
    return false;
  };
}

function fieldIn(name: string, values: readonly string[]): Condition {
  const isAny = values.includes('*');
  return (request) => {
    const value = request.field(name);
    return value !== null && (isAny || values.includes(value));
  };
}

function clientIn(ranges: readonly AddressRange[]): Condition {
  return ({ client }) => isInRanges(ranges, client.address);
}
