import { describe, expect, test } from 'bun:test';
import { debianPackages, describeSkip, needs, pathOf } from '../support/programs.ts';

const CONTINUOUS_INTEGRATION = new URL('../../.ci/run', import.meta.url);

describe('a suite that needs a program', () => {
  test('finds one that is installed', () => {
    expect(pathOf('sh')).toEndWith('/sh');
    expect(pathOf('no-such-program')).toBeNull();
  });

  test('runs when it needs none', () => {
    expect(needs()).toBe(true);
  });

  test('says what is missing and how to install it, each package once', () => {
    expect(describeSkip('e2e/curl', ['curl'])).toBe('SKIPPED e2e/curl: needs curl (Debian: apt-get install curl)');
    expect(describeSkip('e2e/h2', ['h2load', 'nghttp'])).toBe(
      'SKIPPED e2e/h2: needs h2load, nghttp (Debian: apt-get install nghttp2-client)',
    );
  });

  test('finds every program that a test may need on the machine of the continuous integration', async () => {
    const script = await Bun.file(CONTINUOUS_INTEGRATION).text();
    const packages = /^PACKAGES=\(([^)]*)\)/m.exec(script)?.[1]?.trim().split(/\s+/) ?? [];
    expect(packages.toSorted()).toEqual([...new Set(Object.values(debianPackages))].toSorted());
  });
});
