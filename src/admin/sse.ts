// Streams of events that browsers follow (HTML, server-sent events).
import type { LocalStream } from '../message/local-handler.ts';

// Proxies on the way close connections on which nothing passes, most after 30 or 60 seconds.
const BETWEEN_BEATS = 15_000;

export type EventStream = {
  /** Sends whole events, each with its empty line. False: the client does not keep up; what is sent is kept in memory. */
  send(text: string): boolean;
  /** There will be no more. */
  end(): void;
};

/** A stream with a comment now and then, so that both sides see that the other one is there. `start` begins to send, and says how
 * it is stopped. A client that does not keep up loses its connection at the next beat, and comes back with its `Last-Event-ID`. */
export function eventStream(start: (stream: EventStream) => { readonly stop: () => void }): LocalStream {
  return {
    headers: [
      ['Content-Type', 'text/event-stream'],
      ['Cache-Control', 'no-store'],
      ['X-Accel-Buffering', 'no'],
    ],
    start(receiver) {
      let hasRoom = receiver.push(': hello\n\n');
      const send = (text: string): boolean => {
        if (text !== '') hasRoom = receiver.push(text);
        return hasRoom;
      };
      const beat = setInterval(() => {
        if (!receiver.hasRoom) receiver.end();
        else send(': beat\n\n');
      }, BETWEEN_BEATS);
      const { stop } = start({ send, end: () => receiver.end() });
      return () => {
        clearInterval(beat);
        stop();
      };
    },
  };
}
