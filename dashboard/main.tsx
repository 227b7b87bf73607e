// The dashboard: a page that asks the admin API, at the address that it comes from.
import { render } from 'preact';
import { App } from './app.tsx';
import { showStoredTheme } from './state/theme.ts';

showStoredTheme();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
