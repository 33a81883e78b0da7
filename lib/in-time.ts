/**
 * Rejects where `answer` takes longer; what comes of it then is dropped. An event loop that was held up finds the timer due before it
 * has read what arrived meanwhile, so once the time is up the loop gets one more turn: a busy process is not mistaken for a Redis
 * that is gone.
 */
export function inTime<T>(answer: Promise<T>, deadlineMs: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => { reject(late()); };
    let turn: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => { turn = setImmediate(giveUp); }, deadlineMs);
    answer.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      clearImmediate(turn);
    });
  });
}
