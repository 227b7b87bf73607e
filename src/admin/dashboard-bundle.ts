// Makes the dashboard's files of its sources, with the bundler of the runtime: there is no second tool chain.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The texts of the dashboard. */
export type DashboardFiles = {
  readonly page: string;
  readonly script: string;
  readonly style: string;
  readonly icon: string;
};

/** Bundles what is in the folder `dashboard` of a checkout. */
export async function bundleDashboard(folder: string): Promise<DashboardFiles> {
  const [page, icon, script, style] = await Promise.all([
    readFile(join(folder, 'index.html'), 'utf8'),
    readFile(join(folder, 'icon.svg'), 'utf8'),
    bundled(join(folder, 'main.tsx')),
    bundled(join(folder, 'style/app.css')),
  ]);
  return { page, script, style, icon };
}

async function bundled(entry: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [entry],
    target: 'browser',
    format: 'esm',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    throw: false,
  });
  const [file] = built.outputs;
  if (built.success && file !== undefined) return await file.text();
  throw new Error(`the dashboard could not be built: ${built.logs.map(({ message }) => message).join('; ')}`);
}
