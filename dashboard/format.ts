// Figures as people read them.

const NONE = '–';

/** 0.42, 12.3, 1,204, 48.2k. */
export function figure(value: number | null): string {
  if (value === null) return NONE;
  if (value === 0) return '0';
  if (value < 0.995) return value.toFixed(2);
  if (value < 99.95) return value.toFixed(1).replace(/\.0$/, '');
  if (value < 9999.5) return Math.round(value).toLocaleString('en');
  return value < 999_500 ? `${(value / 1000).toFixed(1)}k` : `${(value / 1_000_000).toFixed(2)}M`;
}

export function whole(value: number | null): string {
  return value === null ? NONE : Math.round(value).toLocaleString('en');
}

/** A share of 1 as per cent. */
export function percent(share: number | null): string {
  if (share === null) return NONE;
  if (share === 0) return '0 %';
  const value = share * 100;
  if (value < 0.01) return '< 0.01 %';
  return `${value < 10 ? value.toFixed(2).replace(/0$/, '') : value.toFixed(1).replace(/\.0$/, '')} %`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return NONE;
  if (value < 9.95) return `${value.toFixed(1).replace(/\.0$/, '')} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  return `${(value / 1000).toFixed(2)} s`;
}

export function bytes(value: number | null): string {
  if (value === null) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let rest = value;
  let at = 0;
  while (rest >= 1024 && at < units.length - 1) {
    rest /= 1024;
    at++;
  }
  return `${at === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[at] ?? ''}`;
}

/** 3d 4h, 12m 5s. */
export function span(seconds: number | null): string {
  if (seconds === null) return NONE;
  const rest = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(rest / 86_400), 'd'],
    [Math.floor(rest / 3600) % 24, 'h'],
    [Math.floor(rest / 60) % 60, 'm'],
    [rest % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count], at) => at === 0 || count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** 14:03:22, with the day where it is another one. */
export function clock(at: number): string {
  if (!Number.isFinite(at)) return NONE;
  const date = new Date(at);
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === new Date().toDateString() ? time : `${day(at)} ${time}`;
}

export function day(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** 1 request, 2 requests. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
