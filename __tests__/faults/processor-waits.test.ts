import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessorWaits } from './processor-waits.js';

/** Only Linux counts what a process waits for a processor: elsewhere there is nothing to compare, and nothing is excused. */
const onLinux = existsSync('/proc/self/schedstat') ? it : it.skip;

const BUSY = 'for (;;);';
const IDLE = 'setInterval(() => {}, 1000)';

async function during(ms: number, commands: readonly (readonly string[])[]): Promise<number[]> {
  const children: ChildProcess[] = commands.map(([command, ...args]) => spawn(command!, args, { stdio: 'ignore' }));
  const waits = children.map(() => new ProcessorWaits());
  const look = (): number[] => children.map(({ pid }, i) => waits[i]!.longestMs([pid!]));
  try {
    await sleep(300);
    look();
    await sleep(ms);
    return look();
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

onLinux('Those who share one processor wait for it by turns', async () => {
  const onFirst = ['taskset', '-c', '0', process.execPath, '-e', BUSY];
  const waited = await during(600, [onFirst, onFirst]);
  for (const ms of waited) expect(ms).toBeGreaterThan(150);
});

onLinux('Who has nothing to do waits for nothing', async () => {
  const [waitedMs] = await during(300, [[process.execPath, '-e', IDLE]]);
  expect(waitedMs).toBeLessThan(50);
});

it('Nothing is known of a process at first, nor of one that is gone', () => {
  const waits = new ProcessorWaits();
  expect(waits.longestMs([process.pid])).toBe(0);
  expect(waits.longestMs([2 ** 30])).toBe(0);
});
