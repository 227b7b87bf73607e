// Where a request would go, and why.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Failure, ask } from '../api/client.ts';
import type { Fields } from '../api/fields.ts';
import { Absent, Card, Empty, Heading, State } from '../view/parts.tsx';

type Found =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'explained'; readonly fields: Fields }
  | { readonly kind: 'failed'; readonly failure: Failure };

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

type Asked = { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>> };

export function ExplainPage() {
  const [found, setFound] = useState<Found>({ kind: 'nothing' });
  const send = async (body: Asked): Promise<void> => {
    const answer = await ask('/explain', { method: 'POST', body });
    setFound(answer.ok ? { kind: 'explained', fields: answer.fields } : { kind: 'failed', failure: answer.failure });
  };
  return (
    <>
      <Heading title="Explain" />
      <p class="lead">Where would a request go, and why? Nothing is sent: the gateway only says how it would decide.</p>
      <Card>
        <Question onAsk={send} />
      </Card>
      <Outcome found={found} />
    </>
  );
}

function Question({ onAsk }: { onAsk: (asked: Asked) => Promise<void> }) {
  const [method, setMethod] = useState('GET');
  const [url, setUrl] = useState('http://localhost/');
  const [headers, setHeaders] = useState('');
  const [isBusy, setBusy] = useState(false);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await onAsk({ method, url: url.trim(), headers: fieldsOf(headers) });
    setBusy(false);
  };
  return (
    <form class="explain-form" onSubmit={(event) => void send(event)}>
      <label>
        Method
        <select value={method} onChange={(event) => setMethod(event.currentTarget.value)}>
          {METHODS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label class="grow">
        URL
        <input
          type="text"
          inputMode="url"
          spellcheck={false}
          required
          value={url}
          placeholder="http://shop.example.com/cart"
          onInput={(event) => setUrl(event.currentTarget.value)}
        />
      </label>
      <label class="whole">
        Header fields, one a line (may be left empty)
        <textarea
          rows={2}
          spellcheck={false}
          placeholder="Accept-Language: de"
          value={headers}
          onInput={(event) => setHeaders(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary" disabled={isBusy}>
        Explain
      </button>
    </form>
  );
}

/** Lines `Name: value`. What stands there several times is one list (RFC 9110 5.3). */
function fieldsOf(text: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [name = '', ...rest] = line.split(':');
    const key = name.trim();
    const value = rest.join(':').trim();
    const before = fields[key];
    fields[key] = before === undefined ? value : `${before}, ${value}`;
  }
  return fields;
}

function Outcome({ found }: { found: Found }) {
  switch (found.kind) {
    case 'nothing':
      return <Empty title="Type a method and a URL, and press Explain." />;
    case 'failed':
      return <Absent failure={found.failure} what="The explanation" />;
    case 'explained':
      return (
        <Card title="The decision, step by step">
          <ol class="steps">
            <Steps fields={found.fields} />
          </ol>
        </Card>
      );
  }
}

function Steps({ fields }: { fields: Fields }) {
  switch (fields.text('kind')) {
    case 'refused':
      return (
        <Step
          name="Answer"
          won={`${fields.number('status') ?? ''} ${fields.text('code')}`}
          why={fields.text('detail')}
          isBad
        />
      );
    case 'redirect':
      return (
        <Step
          name="Answer"
          won={`308 to ${fields.text('location')}`}
          why="only the path with a slash at its end has a route"
        />
      );
    case 'answered':
      return (
        <Step
          name="Answer"
          won={String(fields.number('status') ?? '')}
          why="the gateway answers itself: Max-Forwards is 0"
        />
      );
    case 'admin':
      return <Step name="Answer" won="the admin API" why="its path is below the base path of the admin API" />;
    default:
      return <TenantSteps fields={fields} />;
  }
}

function TenantSteps({ fields }: { fields: Fields }) {
  const route = fields.inner('route');
  const poolBy = fields.inner('pool_by');
  const policies = fields.texts('policies');
  const stripped = fields.maybeText('stripped_prefix');
  const pool = fields.maybeText('pool');
  return (
    <>
      {fields.has('listener') ? <Step name="Listener" won={fields.text('listener')} /> : null}
      <Step name="Tenant" won={`${fields.text('tenant')}: ${fields.text('rule')}`} why={fields.text('why')}>
        <PassedOver fields={fields} />
      </Step>
      {fields.has('route') ? (
        <Step
          name="Route"
          won={[route.maybeText('name'), route.text('rule')].filter(Boolean).join(': ')}
          why={route.text('why')}
        >
          <PassedOver fields={route} />
        </Step>
      ) : null}
      {pool === null ? (
        <Step name="Pool" won="none" why="no route of the tenant matches: it is answered with 404" isBad />
      ) : (
        <Step
          name="Pool"
          won={pool}
          why={fields.has('pool_by') ? `${poolBy.text('policy')}: ${poolBy.text('why')}` : ''}
        />
      )}
      {policies.length === 0 ? null : <Step name="Policies" won={policies.join(', ')} why="asked in this order" />}
      <Step
        name="Forwarded"
        won={fields.maybeText('forwarded') ?? 'nowhere'}
        why={
          stripped === null
            ? `asked for ${fields.text('target')}`
            : `asked for ${fields.text('target')}, without ${stripped}`
        }
      />
      <Backends fields={fields} />
    </>
  );
}

type StepProps = {
  readonly name: string;
  readonly won: string;
  readonly why?: string;
  readonly isBad?: boolean;
  readonly children?: ComponentChildren;
};

function Step({ name, won, why = '', isBad = false, children }: StepProps) {
  return (
    <li class={isBad ? 'step bad' : 'step'}>
      <span class="step-name">{name}</span>
      <div class="step-body">
        <p class="step-won">{won}</p>
        {why === '' ? null : <p class="muted">{why}</p>}
        {children}
      </div>
    </li>
  );
}

function PassedOver({ fields }: { fields: Fields }) {
  const others = fields.list(
    'passed_over',
    (one) => [one.maybeText('name'), one.text('rule'), one.text('why')] as const,
  );
  if (others.length === 0) return null;
  return (
    <ul class="passed">
      {others.map(([name, rule, why]) => (
        <li key={`${name ?? ''} ${rule}`}>
          {name === null ? '' : `${name}: `}
          {rule} <span class="muted">not chosen: {why}</span>
        </li>
      ))}
    </ul>
  );
}

function Backends({ fields }: { fields: Fields }) {
  const backends = fields.list('backends', (one) => ({
    name: one.text('name'),
    url: one.text('url'),
    isPicked: one.flag('is_picked'),
    reason: one.maybeText('reason'),
  }));
  const picked = backends.find(({ isPicked }) => isPicked);
  return (
    <Step
      name="Backend"
      won={picked?.name ?? 'none: 503'}
      why={picked?.url ?? 'no backend is eligible'}
      isBad={picked === undefined}
    >
      <ul class="passed">
        {backends
          .filter(({ isPicked }) => !isPicked)
          .map(({ name, url, reason }) => (
            <li key={name}>
              {name} <span class="muted">{url}</span> {reason === null ? <State word="healthy" /> : reason}
            </li>
          ))}
      </ul>
    </Step>
  );
}
