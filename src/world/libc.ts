// Functions of the C library that the runtime does not offer.
import { type FFIFunction, type Library, dlopen } from 'bun:ffi';

// Of Linux, by glibc and by musl.
const LIBRARIES = ['libc.so.6', 'libc.so'];

/** The functions, ready to be called; null: this system is no Linux, whose numbers for options and signals we know. */
export function fromLibc<const Functions extends Record<string, FFIFunction>>(
  functions: Functions,
): Library<Functions>['symbols'] | null {
  if (process.platform !== 'linux') return null;
  for (const library of LIBRARIES) {
    try {
      return dlopen(library, functions).symbols;
    } catch {
      // Try the next library.
    }
  }
  return null;
}

/** Opens with the first use: loading the functions takes longer than to call them, and many processes need none. */
export function onFirstUse<T>(open: () => T): () => T {
  let opened: { readonly value: T } | null = null;
  return () => {
    opened ??= { value: open() };
    return opened.value;
  };
}
