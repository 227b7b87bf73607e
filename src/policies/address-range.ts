// Ranges of addresses in options of policies, as their texts.
import { whyNoRange } from '../core/address-verdicts.ts';
import { err, ok } from '../core/result.ts';
import { text } from '../core/settings.ts';

/** An address or a range. */
export const addressRange = text<string>({
  type: 'address or range',
  expected: 'an IP address such as 10.0.0.1, or a range such as 10.0.0.0/8 or 2001:db8::/32',
  parse(value) {
    const why = whyNoRange(value);
    return why === null ? ok(value) : err({ message: `{value} ${why}` });
  },
});
