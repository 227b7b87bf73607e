// GET /metrics: all figures, for Prometheus and whatever else reads its format.
import type { LocalResponse } from '../message/local-response.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';

export const metrics = {
  path: '/metrics',
  summary:
    'All figures in the text format of Prometheus, or in OpenMetrics 1.0 where `Accept` names it: see docs/reference/metrics.md.',
  method: 'GET',
  access: 'operator',
  media: 'text/plain',
  async answer(
    { request }: Pick<OperatorCall, 'request'>,
    { metrics: write, inSlices }: Pick<AdminSources, 'metrics' | 'inSlices'>,
  ): Promise<LocalResponse> {
    const accepts = request.headers('accept').join(',');
    const { type, text } = write(accepts.includes('application/openmetrics-text') ? 'openmetrics' : 'text');
    const body = await inSlices(text);
    if (body === null) return json(503, { error: 'the gateway ends' });
    return {
      status: 200,
      headers: [
        ['Content-Type', type],
        ['Cache-Control', 'no-store'],
      ],
      body,
    };
  },
} as const satisfies AdminEndpoint;
