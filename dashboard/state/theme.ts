// Dark or light: as the system has it, until somebody decides otherwise.
import { useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'keystone-theme';

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const choose = (chosen: Theme): void => {
    show(chosen);
    dispatchEvent(new Event('themechange'));
    setTheme(chosen);
  };
  return [theme, choose];
}

/** Before anything is drawn, so that no page flashes up in the other one. */
export function showStoredTheme(): void {
  show(storedTheme());
}

/** Calls back whenever colours have changed. */
export function onThemeChange(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', changed);
  addEventListener('themechange', changed);
  return () => {
    system.removeEventListener('change', changed);
    removeEventListener('themechange', changed);
  };
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing shows what the system has.
  }
}

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}
