import { KeepAlive } from '../measures/keep-alive.js';

/** Enough for a server to be busy all the time. */
const CONNECTIONS = 50;

export interface PacedLoad {
  /** Stops it. @returns requests a second that were answered; rejects where one was not, or not with a 200 */
  stop(): Promise<number>;
}

/** Sends requests at a rate; where the server does not keep up, as fast as it answers. `Infinity` is that as well. */
export async function startPacedLoad(port: number, requests: readonly Buffer[], perSecond: number): Promise<PacedLoad> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => KeepAlive.open(port)));
  const startedAtMs = performance.now();
  let [sent, answered, isOn] = [0, 0, true];
  let failure: unknown;
  const isDue = (): boolean => sent < ((performance.now() - startedAtMs) * perSecond) / 1000;
  /** A connection goes on by itself for as long as requests are due. */
  const send = async (connection: KeepAlive): Promise<void> => {
    while (isOn && isDue()) {
      await connection.exchange(requests[sent++ % requests.length] as Buffer);
      answered += 1;
    }
  };
  const timer = setInterval(() => {
    for (const connection of connections) {
      if (connection.isFree && isDue()) send(connection).catch((error: unknown) => { failure ??= error; });
    }
  }, 1);
  return {
    async stop() {
      isOn = false;
      clearInterval(timer);
      const perSecondReached = (answered * 1000) / (performance.now() - startedAtMs);
      for (const connection of connections) connection.close();
      if (failure !== undefined) throw new Error('A request failed under load.', { cause: failure });
      return perSecondReached;
    },
  };
}
