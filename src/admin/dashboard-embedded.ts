// The dashboard as a built program carries it: scripts/build.ts puts another file in the place of this one.
import type { DashboardFiles } from './dashboard-bundle.ts';

/** Null: the program runs from its sources. */
export const EMBEDDED: DashboardFiles | null = null;
