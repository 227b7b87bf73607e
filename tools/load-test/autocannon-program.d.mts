// A program: it is started, and has nothing to import.
export type Nothing = never;
