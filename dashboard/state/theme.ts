// Dark or light: as the system has it, until somebody decides otherwise.
import { useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'keystone-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const choose = (chosen: Theme): void => {
    show(chosen);
    dispatchEvent(new Event('themechange'));
    setTheme(chosen);
  };
  return [theme, choose];
}

/** Before anything is drawn, so that no page flashes up in the other one. What the system has is followed from here on. */
export function showStoredTheme(): void {
  showStored();
  system.addEventListener('change', showStored);
}

function showStored(): void {
  show(storedTheme());
}

/** Calls back whenever colours have changed. */
export function onThemeChange(changed: () => void): () => void {
  system.addEventListener('change', changed);
  addEventListener('themechange', changed);
  return () => {
    system.removeEventListener('change', changed);
    removeEventListener('themechange', changed);
  };
}

function show(theme: Theme): void {
  const ofSystem = system.matches ? 'dark' : 'light';
  document.documentElement.dataset['theme'] = theme === 'system' ? ofSystem : theme;
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
