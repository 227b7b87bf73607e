// What a traceparent says, by the rules of W3C Trace Context.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BAD_PARENT, NO_PARENT, findParent, flagsAt, traceIdOf } from '../../src/message/trace-context.ts';
import { requestHead } from '../support/heads.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

function headWith(...lines: readonly string[]) {
  return requestHead(`GET / HTTP/1.1\r\nHost: a.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
}

describe('a traceparent', () => {
  test.each([
    ['recorded', `00-${TRACE}-${SPAN}-01`, 1],
    ['not recorded', `00-${TRACE}-${SPAN}-00`, 0],
    ['with flags that are not known', `00-${TRACE}-${SPAN}-ff`, 0xff],
    ['of a later version', `cc-${TRACE}-${SPAN}-01`, 1],
    ['of a later version, with more behind it', `cc-${TRACE}-${SPAN}-01-what.comes`, 1],
  ])('that is %s is read', (_, value, flags) => {
    const head = headWith(`traceparent: ${value}`, 'X-Other: 1');
    const at = findParent(head);
    expect(at).toBeGreaterThan(0);
    expect(flagsAt(head.bytes, at)).toBe(flags);
    expect(traceIdOf(head)).toBe(TRACE);
  });

  test('may have its name in any case, and white space around', () => {
    expect(traceIdOf(headWith(`TraceParent:  \t00-${TRACE}-${SPAN}-01 \t`))).toBe(TRACE);
  });

  test.each([
    ['empty', ''],
    ['too short', `00-${TRACE}-${SPAN}-0`],
    ['too long', `00-${TRACE}-${SPAN}-01-x`],
    ['longer without a hyphen', `cc-${TRACE}-${SPAN}-01.x`],
    ['of the version ff', `ff-${TRACE}-${SPAN}-01`],
    ['in capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['without hyphens', `00.${TRACE}.${SPAN}.01`],
    ['without digits in its flags', `00-${TRACE}-${SPAN}-0x`],
    ['without digits in its version', `0.-${TRACE}-${SPAN}-01`],
    ['two in one', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ])('that is %s counts as none', (_, value) => {
    const head = headWith(`traceparent: ${value}`);
    expect(findParent(head)).toBe(BAD_PARENT);
    expect(traceIdOf(head)).toBeNull();
  });

  test('that is there twice counts as none', () => {
    const line = `traceparent: 00-${TRACE}-${SPAN}-01`;
    expect(findParent(headWith(line, line))).toBe(BAD_PARENT);
  });

  test('that is not there is none', () => {
    expect(findParent(headWith('trace-parent: x', 'Traceparents: x', 'tracestate: a=1'))).toBe(NO_PARENT);
  });

  test('of any other text is none, and breaks nothing', () => {
    const digit = fc.constantFrom(...'0123456789abcdefABCDEFgz-.'.split(''));
    const text = fc.array(digit, { minLength: 50, maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (value) => {
        const isOne = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/.test(value);
        const isWhole = isOne && (!value.startsWith('00') || value.length === 55);
        expect(findParent(headWith(`traceparent: ${value}`)) > 0).toBe(isWhole);
      }),
    );
  });
});
