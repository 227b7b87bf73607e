// Whether a client takes a page in place of what it would get.
import type { PolicyRequest } from '../contract.ts';
import { mediaTypeOf } from './page.ts';

const NOT_AT_ALL = /;\s*q=0(?:\.0*)?\s*(?:;|$)/i;

/** A page of HTML is for browsers, which say so: a program that takes anything gets what it can read. */
export function acceptsType(request: PolicyRequest, type: string): boolean {
  const accepted = request.field('accept');
  const media = mediaTypeOf(type);
  if (accepted === null) return media !== 'text/html';
  const taken = accepted
    .split(',')
    .filter((part) => !NOT_AT_ALL.test(part))
    .map(mediaTypeOf);
  const [family = ''] = media.split('/', 1);
  return taken.includes(media) || (media !== 'text/html' && (taken.includes('*/*') || taken.includes(`${family}/*`)));
}
