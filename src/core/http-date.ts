// Dates of HTTP (RFC 9110 5.6.7): writes the gateway's own Date line, and reads dates that backends send.
import type { Clock } from './clock.ts';

const encoder = new TextEncoder();

/** How long each Date line is. */
export const DATE_LINE_BYTES = 'Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n'.length;

/** The Date line of now, rendered at most once a second. */
export class DateLine {
  private second = 0;
  private line: Uint8Array = encoder.encode('');

  constructor(private readonly clock: Pick<Clock, 'wall'>) {}

  get bytes(): Uint8Array {
    const second = Math.floor(this.clock.wall() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.line = encoder.encode(`Date: ${new Date(second * 1000).toUTCString()}\r\n`);
    }
    return this.line;
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = '(?<h>\\d\\d):(?<m>\\d\\d):(?<s>\\d\\d)';
const FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d\\d) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d\\d)-(?<month>[A-Z][a-z]{2})-(?<year>\\d\\d) ${TIME} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];
const YEAR = 365.25 * 86_400_000;

/** Reads a date in one of the three forms of RFC 9110 5.6.7, as milliseconds since 1970; null: not a date. `now` gives a
 * year of two digits its century: it is never more than 50 years ahead. */
export function parseHttpDate(text: string, now: number): number | null {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return toTime(parts, now);
  }
  return null;
}

function toTime(parts: Readonly<Record<string, string>>, now: number): number | null {
  const [year, day, h, m, s] = ['year', 'day', 'h', 'm', 's'].map((name) => Number(parts[name]));
  const month = MONTHS.indexOf(parts['month']);
  // Second 60 is a leap second, which Date does not have; it is read as the first of the next minute.
  if (month < 0 || day < 1 || h > 23 || m > 59 || s > 60) return null;
  const inYear = (whole: number): number => Date.UTC(whole, month, day, h, m, s);
  const isShort = parts['year'].length === 2;
  const isAhead = isShort && inYear(2000 + year) > now + 50 * YEAR;
  const time = inYear(isShort ? (isAhead ? 1900 : 2000) + year : year);
  // Refuse the 31st of a shorter month: Date.UTC has made it the 1st of the next.
  return new Date(time - s * 1000).getUTCDate() === day ? time : null;
}
