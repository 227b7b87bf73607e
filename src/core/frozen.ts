// Values that nobody changes, all the way down.

/** The type of a value whose parts are read only. */
export type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
