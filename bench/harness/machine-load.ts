import { cpus } from 'node:os';

/** Microseconds that all processors together have been busy since the machine started, in steps of ten milliseconds. */
export function busyMicros(): number {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return busyMs * 1000;
}

export function micros({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}
