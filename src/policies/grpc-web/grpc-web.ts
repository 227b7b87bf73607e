// Translates between browsers, which speak gRPC-Web, and servers of gRPC: the messages of a call stay as they are, and what servers
// say in trailers becomes the last frame of the body.
import { z } from 'zod';
import { defaulted } from '../../core/described.ts';
import { failure } from '../../core/failure.ts';
import { size } from '../../core/settings.ts';
import { bytes } from '../../core/units.ts';
import { type Edits, requestEdit, responseEdit } from '../../message/edits.ts';
import { type GrpcForm, answerForm, callForm, grpcForm } from '../../message/grpc.ts';
import { type WebField, fromBase64, webFieldsOf } from '../../message/grpc-web.ts';
import { BODY_NONE, type Head } from '../../message/head.ts';
import {
  CONTINUE,
  type Policy,
  type PolicyKind,
  type PolicyRequest,
  type ReadBody,
  type Verdict,
} from '../contract.ts';
import type { OpenStage } from '../stage.ts';
import { WebAnswer } from './web-answer.ts';

const LARGEST_TEXT = bytes(64 * 1024 * 1024);

const options = z.strictObject({
  max_text: defaulted(
    size({ min: bytes(1024), max: LARGEST_TEXT }),
    'How long the body of a request in Base64 (`application/grpc-web-text`) may be, as it comes; it is read to its end before a backend is asked. A longer one is refused. Other requests go on as they come, whatever their length.',
    { value: '6MiB', reason: 'servers of gRPC take messages of up to 4 MiB, which are a third longer in Base64.' },
  ),
});
type Options = z.output<typeof options>;

const TYPE = 'application/grpc';
// The format of messages, such as `+proto`, and parameters.
const AFTER_TYPE = /^application\/grpc(?:-web(?:-text)?)?(.*)$/i;
// Those that a server tells in its head where nothing else comes.
const STATUS_FIELDS = ['grpc-status', 'grpc-message', 'grpc-status-details-bin'];
const WITHOUT_STATUS = STATUS_FIELDS.map((name) => responseEdit.remove(name));

const NO_BASE64 = refusal('request-invalid');
const TOO_LARGE = refusal('request-body-too-large');

export const grpcWeb = {
  type: 'grpc_web',
  summary: 'Translates calls of browsers (gRPC-Web, binary or text) for backends that speak gRPC. Other requests pass.',
  options,
  words: () => 0,
  isShared: true,
  create: ({ max_text: maxText }): Policy => ({
    request: (request) => translate(request, maxText),
    stage: ({ head: asked, responseEdits }, head) => translateBack(asked, head, responseEdits),
  }),
} as const satisfies PolicyKind<Options>;

function translate(request: PolicyRequest, maxText: number): Verdict | Promise<Verdict> {
  const form = grpcForm(request.head);
  if (form === null || form === 'grpc') return CONTINUE;
  request.requestEdits.add(requestEdit.set('Content-Type', `${TYPE}${afterType(request.field('content-type'))}`));
  // From here on it is a call, also where it is told of failures.
  request.askForTrailers();
  return form === 'web' ? CONTINUE : request.readBody(maxText).then((body) => decode(request, body));
}

function decode(request: PolicyRequest, body: ReadBody): Verdict {
  if (body.kind === 'too_large') return TOO_LARGE;
  const decoded = fromBase64(body.bytes);
  if (decoded === null) return NO_BASE64;
  request.replaceBody(decoded);
  return CONTINUE;
}

// What is no answer of gRPC, such as the error page of a proxy, stays as it is.
function translateBack(asked: Head, head: Head, edits: Edits<'response'>): OpenStage | null {
  const call = callForm(asked);
  const form = answerForm(asked);
  if (call === null || call === 'grpc' || form === null || grpcForm(head) !== 'grpc' || head.framing === BODY_NONE)
    return null;
  edits.add(responseEdit.set('Content-Type', contentTypeOf(head, form)));
  const status = webFieldsOf(head).filter(({ name }) => STATUS_FIELDS.includes(name));
  if (status.length > 0) for (const edit of WITHOUT_STATUS) edits.add(edit);
  return (output) => new WebAnswer(form === 'web-text', status, output);
}

function contentTypeOf(head: Head, form: GrpcForm): string {
  const type = webFieldsOf(head).find(({ name }) => name === 'content-type');
  const after = afterType(type === undefined ? null : textOf(type));
  return `${TYPE}-${form}${after === '' ? '+proto' : after}`;
}

function textOf({ value }: WebField): string {
  return Buffer.from(value).toString('latin1');
}

function afterType(type: string | null): string {
  return AFTER_TYPE.exec(type ?? '')?.[1] ?? '';
}

function refusal(code: 'request-invalid' | 'request-body-too-large'): Verdict {
  return { kind: 'refuse', failure: failure(code), retryAfter: null };
}
