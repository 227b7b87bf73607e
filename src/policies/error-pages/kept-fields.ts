// Which fields of an answer stay when its body is replaced: all that do not tell of the body.
import { latin1 } from '../../message/bytes.ts';
import { whyNoEdit } from '../../message/edits.ts';
import type { LocalResponse } from '../../message/local-response.ts';
import type { PolicyResponse } from '../contract.ts';

type Fields = LocalResponse['headers'];

const OF_BODY =
  /^(?:content-(?!security-policy)|etag$|last-modified$|accept-ranges$|digest$|repr-digest$|cache-control$|expires$|age$|pragma$|date$)/i;

export function keptFields({ head, local }: PolicyResponse): Fields {
  const fields = local?.headers ?? (head === null ? [] : fieldsOf(head));
  // Lines of one name stay apart. What frames a message is the gateway's own.
  return fields.filter(([name]) => !OF_BODY.test(name) && whyNoEdit('response', name) === null);
}

function fieldsOf({ bytes, fields, count }: NonNullable<PolicyResponse['head']>): Fields {
  return Array.from({ length: count }, (_, f) => {
    const at = f * 4;
    return [latin1(bytes, fields[at], fields[at + 1]), latin1(bytes, fields[at + 2], fields[at + 3])] as const;
  });
}
