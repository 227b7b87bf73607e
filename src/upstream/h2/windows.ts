// How much may be under way at a time (RFC 9113 5.2), in bytes.

/** Of a window before its first update. */
export const FIRST_WINDOW = 65_535;
/** Of one response: as much is kept for a client that does not read, and 5 MB in a second come over a way of 50 ms. */
export const STREAM_WINDOW = 256 * 1024;
/** Of all responses of one connection together. It is given back as bytes arrive, whoever reads them: a client that does not
 * read holds up its own response only. */
export const CONNECTION_WINDOW = 16 * 1024 * 1024;
