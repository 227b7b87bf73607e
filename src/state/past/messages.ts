// What a gateway and the thread that keeps its past tell each other.
import type { HistorySettings } from '../../config/history.ts';
import type { GatewayEvent } from '../../core/observer.ts';
import type { Grain, StepPart } from '../../observe/history/kept-past.ts';

export type ToPast =
  /** First of all. */
  | { readonly kind: 'open'; readonly path: string; readonly settings: HistorySettings }
  | ({ readonly kind: 'points'; readonly grain: Grain } & StepPart)
  | { readonly kind: 'ended'; readonly grain: Grain; readonly at: number; readonly settings: HistorySettings }
  | { readonly kind: 'events'; readonly events: readonly GatewayEvent[] }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly name: string;
      readonly grain: Grain;
      readonly from: number;
      readonly steps: number;
    }
  | { readonly kind: 'between'; readonly id: number; readonly after: number; readonly before: number }
  | { readonly kind: 'close' };

export type FromPast =
  /** It listens: what was told before would be lost. */
  | { readonly kind: 'loaded' }
  /** `events`: the latest of before this process. */
  | { readonly kind: 'opened'; readonly events: readonly GatewayEvent[]; readonly size: number }
  /** What was known of one of the last steps. */
  | ({ readonly kind: 'step'; readonly at: number } & StepPart)
  | { readonly kind: 'values'; readonly id: number; readonly values: Float64Array | null }
  | { readonly kind: 'found'; readonly id: number; readonly events: readonly GatewayEvent[] }
  /** The file could not be used. */
  | { readonly kind: 'set_aside'; readonly reason: string; readonly aside: string }
  /** A step or events could not be written. */
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'closed' };
