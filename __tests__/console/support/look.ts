import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { readEvents, type StreamEvent } from '../../../demo-app/walkthrough/event-stream.js';

export interface Look {
  readonly events: AsyncGenerator<StreamEvent, undefined>;
  leave(): void;
}

/** What the page would be told. */
export async function look(url: string, token: string): Promise<Look> {
  const asked = request(`${url}/console/api/events`, { agent: false, headers: { Authorization: `Bearer ${token}` } }).end();
  const [response] = await once(asked, 'response') as [IncomingMessage];
  return { events: readEvents(response as AsyncIterable<Uint8Array>), leave: () => response.destroy() };
}

/** How long after the click this many answers came, in the order in which they did: those that come from now on. */
export async function timesOf(answers: number, { events }: Look): Promise<readonly number[]> {
  const times: number[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done === true) throw new Error(`The stream ended after ${times.length} answers that were timed.`);
    if (next.value.name !== 'answer') continue;
    const { afterMs } = JSON.parse(next.value.data) as { readonly afterMs?: number };
    if (afterMs !== undefined) times.push(afterMs);
    if (times.length === answers) return times;
  }
}
