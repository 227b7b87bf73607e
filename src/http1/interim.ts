// How many interim responses may come before a final one.

/** RFC 9110 15.2 sets no limit. No origin needs more than a few, and an endless row would keep the gateway busy. */
export const MAX_INTERIM = 16;
