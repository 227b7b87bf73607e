// The outside of a configuration in tests: files from memory, without globs and programs unless a test has them.
import type { ConfigFiles } from '../../src/config/files.ts';
import type { ReadFile } from '../../src/config/read-file.ts';

export function onlyFiles(readFile: ReadFile, more: Partial<ConfigFiles> = {}): ConfigFiles {
  return {
    readFile,
    findFiles: () => Promise.resolve({ files: [], isCutShort: false }),
    runModule: (file) => Promise.reject(new Error(`${file} is to be run in a test that has no programs`)),
    ...more,
  };
}
