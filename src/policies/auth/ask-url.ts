// The URL of a server that a policy asks.
import { err, ok } from '../../core/result.ts';
import { text } from '../../core/settings.ts';

/** It has no credentials: URLs are shown. */
export const askUrl = text<string>({
  type: 'URL',
  expected: 'a URL such as https://id.example.com/keys',
  pattern: '^https?://[^\\s#@]+$',
  parse(value) {
    if (!/^https?:\/\/[^\s#]+$/i.test(value) || !URL.canParse(value)) return err({ message: '{value} is no URL' });
    const { username, password } = new URL(value);
    if (username !== '' || password !== '') return err({ message: 'the URL has credentials, which would be shown' });
    return ok(value);
  },
});
