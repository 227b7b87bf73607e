// All admin endpoints. A new one is a new file and one line here.
import { audit } from './audit.ts';
import { backend } from './backend.ts';
import { certificates } from './certificates.ts';
import { checkConfig } from './config-check.ts';
import { applyConfig } from './config-apply.ts';
import { config, configDifference } from './config.ts';
import { connections } from './connections.ts';
import { disable } from './disable.ts';
import { drain } from './drain.ts';
import { enable } from './enable.ts';
import { events } from './events.ts';
import { eventsStream } from './events-stream.ts';
import { logLevel, setLogLevel } from './log-level.ts';
import { login, logout, me, version } from './session-endpoints.ts';
import { explain } from './explain.ts';
import { health } from './health.ts';
import { limits } from './limits.ts';
import { live } from './live.ts';
import { ready } from './ready.ts';
import { history } from './history.ts';
import { maintenance } from './maintenance.ts';
import { metrics } from './metrics.ts';
import { openApiDocument } from './openapi-document.ts';
import { overview } from './overview.ts';
import { purge } from './purge.ts';
import { reload } from './reload.ts';
import { plan } from './plan.ts';
import { planOfTenant } from './plan-of-tenant.ts';
import { recent } from './recent.ts';
import { requests } from './requests.ts';
import { requestsStream } from './requests-stream.ts';
import { rollback } from './rollback.ts';
import { series } from './series.ts';
import { summaries } from './summaries.ts';
import { tenant } from './tenant.ts';
import { tenantHealth } from './tenant-health.ts';
import { tenants } from './tenants.ts';
import { top } from './top.ts';
import { upgrade } from './upgrade.ts';
import { weight } from './weight.ts';

export const endpoints = [
  health,
  live,
  ready,
  overview,
  summaries,
  series,
  top,
  requests,
  requestsStream,
  tenants,
  tenant,
  tenantHealth,
  limits,
  backend,
  drain,
  disable,
  enable,
  weight,
  maintenance,
  purge,
  reload,
  config,
  configDifference,
  checkConfig,
  applyConfig,
  history,
  rollback,
  upgrade,
  plan,
  planOfTenant,
  recent,
  events,
  eventsStream,
  explain,
  audit,
  version,
  login,
  logout,
  me,
  connections,
  certificates,
  metrics,
  logLevel,
  setLogLevel,
  openApiDocument,
] as const;
