// GET /health: the state of the gateway in one word, for load balancers and dashboards. It has the form of the original's.
import { overallStatus } from './status.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const health = {
  path: '/health',
  summary: 'Status of the gateway and of each tenant; 503 while no tenant can serve.',
  method: 'GET',
  access: 'public',
  answer(_call, sources) {
    const tenants = sources.status();
    const status = overallStatus(tenants);
    return json(status === 'unhealthy' ? 503 : 200, {
      status,
      tenants: Object.fromEntries(tenants.map((tenant) => [tenant.name, `${tenant.healthy}/${tenant.total} healthy`])),
      uptime: formatUptime(sources.uptimeMillis()),
      version: sources.version,
    });
  },
} as const satisfies AdminEndpoint;

// As the original writes it: 1h2m3s.
function formatUptime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
