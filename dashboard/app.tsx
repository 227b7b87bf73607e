// Which page is shown, and what stands around it.
import { useEffect, useRef } from 'preact/hooks';
import type { Overview } from './api/shapes.ts';
import { CertificatesPage } from './pages/certificates.tsx';
import { ConfigurationPage } from './pages/configuration.tsx';
import { EventsPage } from './pages/events.tsx';
import { ExplainPage } from './pages/explain.tsx';
import { LoginPage } from './pages/login.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { RequestsPage } from './pages/requests.tsx';
import { TenantPage } from './pages/tenant.tsx';
import { type Polled, usePolled } from './state/polled.ts';
import { type Route, useRoute } from './state/router.ts';
import { type Person, useSession } from './state/session.ts';
import { loadOverview } from './state/sources.ts';
import { Empty, Heading } from './view/parts.tsx';
import { Shell } from './view/shell.tsx';
import { Toasts } from './view/toasts.tsx';

const SECOND = 1000;

export function App() {
  const session = useSession();
  if (session.state === 'asking') return <p class="splash">Asking the gateway …</p>;
  if (session.state === 'login') return <LoginPage />;
  return <Inside person={session.person} />;
}

function Inside({ person }: { person: Person }) {
  const route = useRoute();
  const overview = usePolled('overview', SECOND, loadOverview);
  const title = titleOf(route);
  const heading = useRef<HTMLElement>(null);
  const place = [route.page, ...route.rest].join('/');
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} · Keystone Gateway`;
    // Whoever reads with the ears hears the new page; the first one is read anyway.
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [place]);
  return (
    <Shell route={route} overview={overview} person={person}>
      <main ref={heading} id="content" tabIndex={-1}>
        <Page route={route} overview={overview} person={person} />
      </main>
      <Toasts />
    </Shell>
  );
}

type PageProps = { readonly route: Route; readonly overview: Polled<Overview>; readonly person: Person };

function Page({ route, overview, person }: PageProps) {
  switch (route.page) {
    case '':
      return <OverviewPage overview={overview} />;
    case 'tenants':
      return route.rest[0] === undefined ? (
        <OverviewPage overview={overview} />
      ) : (
        <TenantPage key={route.rest[0]} name={route.rest[0]} chosen={route.rest[1] ?? null} person={person} />
      );
    case 'events':
      return <EventsPage query={route.query} />;
    case 'explain':
      return <ExplainPage />;
    case 'configuration':
      return <ConfigurationPage person={person} />;
    case 'requests':
      return <RequestsPage query={route.query} />;
    case 'certificates':
      return <CertificatesPage />;
    default:
      return (
        <>
          <Heading title="Not found" />
          <Empty title="There is no such page.">Choose one of those in the menu.</Empty>
        </>
      );
  }
}

const TITLES: Readonly<Record<string, string>> = {
  '': 'Overview',
  events: 'Events',
  explain: 'Explain',
  configuration: 'Configuration',
  requests: 'Live requests',
  certificates: 'Certificates',
};

function titleOf({ page, rest }: Route): string {
  return page === 'tenants' ? (rest[0] ?? 'Overview') : (TITLES[page] ?? 'Not found');
}
