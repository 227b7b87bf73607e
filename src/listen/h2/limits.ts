// How often frames may come that bring no request on.
import type { ClientRules } from '../../plan/listener-plan.ts';

export type H2Limits = ClientRules['h2'];

export const RESETS = 0;
export const PINGS = 1;
export const SETTINGS_CHANGES = 2;
export const EMPTY_FRAMES = 3;
export const WINDOW_UPDATES = 4;
export const OTHER_FRAMES = 5;
/** What is counted over a time. */
export type Nuisance =
  | typeof RESETS
  | typeof PINGS
  | typeof SETTINGS_CHANGES
  | typeof EMPTY_FRAMES
  | typeof WINDOW_UPDATES
  | typeof OTHER_FRAMES;

/** The setting that bounds each. */
export const NUISANCE_SETTINGS: Readonly<Record<Nuisance, string>> = {
  [RESETS]: 'limits.h2_resets',
  [PINGS]: 'limits.h2_pings',
  [SETTINGS_CHANGES]: 'limits.h2_settings',
  [EMPTY_FRAMES]: 'limits.h2_empty_frames',
  [WINDOW_UPDATES]: 'limits.h2_window_updates',
  [OTHER_FRAMES]: 'limits.h2_other_frames',
};

export function limitOf(limits: H2Limits, nuisance: Nuisance): number {
  switch (nuisance) {
    case RESETS:
      return limits.resets;
    case PINGS:
      return limits.pings;
    case SETTINGS_CHANGES:
      return limits.settings;
    case EMPTY_FRAMES:
      return limits.emptyFrames;
    case WINDOW_UPDATES:
      return limits.windowUpdates;
    case OTHER_FRAMES:
      return limits.otherFrames;
  }
}
