import { OBSERVER, type Measured } from '../history.js';
import type { Bounds, MemoryBounds } from './bounds.js';
import type { Run } from './run.js';
import type { Finding, Violation } from './violation.js';

const DEFAULT_WARM_UP_MS = 10_000;
const MINUTE_MS = 60_000;

/**
 * I10: memory, and what waits in it, stays within the bounds that are given; and it does not grow for ever. Examined are instances: once
 * where a bound is given, once more where one lived for long enough to be judged by its growth.
 */
export function memoryIsBounded({ measured }: Run, { memory }: Bounds): Finding {
  const byInstance = new Map<string, Measured[]>();
  for (const each of measured) {
    if (each.instance === OBSERVER) continue;
    const same = byInstance.get(each.instance);
    if (same === undefined) byInstance.set(each.instance, [each]);
    else same.push(each);
  }
  const instances = [...byInstance.values()];
  const { maxRssBytes, maxHeapBytes, maxPending } = memory;
  const isBounded = (maxRssBytes ?? maxHeapBytes ?? maxPending) !== undefined;
  const ages = instances.flatMap(of => ageing(of, memory) ?? []);
  return {
    violations: [...instances.flatMap(of => excesses(of, memory)), ...ages.flatMap(age => growth(age, memory))],
    examined: (isBounded ? instances.length : 0) + ages.length,
  };
}

/** The first excess of each kind. */
function excesses(measured: readonly Measured[], { maxRssBytes, maxHeapBytes, maxPending }: MemoryBounds): Violation[] {
  const bounds = [['rssBytes', maxRssBytes], ['heapBytes', maxHeapBytes], ['pending', maxPending]] as const;
  return bounds.flatMap(([name, most]) => {
    const first = measured.find(each => each[name] > (most ?? Infinity));
    return first === undefined ? [] : [violation(`${first.instance} had ${name} ${first[name]}, of at most ${most!}`, first.atMs, [first])];
  });
}

interface Ageing {
  readonly from: Measured;
  readonly to: Measured;
}

/**
 * From the middle of the first third after the warm-up to that of the last: medians, because collections make the figure jump.
 * `undefined` where that says nothing, because the instance did not live for long.
 */
function ageing(measured: readonly Measured[], { growthBytesPerMinute, warmUpMs = DEFAULT_WARM_UP_MS }: MemoryBounds): Ageing | undefined {
  const warm = measured.filter(({ atMs }) => atMs >= measured[0]!.atMs + warmUpMs);
  const lastedMs = (warm.at(-1)?.atMs ?? 0) - (warm[0]?.atMs ?? 0);
  if (growthBytesPerMinute === undefined || warm.length < 6 || lastedMs < warmUpMs) return undefined;
  const third = Math.floor(warm.length / 3);
  return { from: median(warm.slice(0, third)), to: median(warm.slice(-third)) };
}

function growth({ from, to }: Ageing, { growthBytesPerMinute = Infinity }: MemoryBounds): Violation[] {
  const perMinute = ((to.rssBytes - from.rssBytes) / (to.atMs - from.atMs)) * MINUTE_MS;
  if (perMinute <= growthBytesPerMinute) return [];
  const live = `what lives in it from ${from.liveBytes} to ${to.liveBytes} in ${Math.round((to.atMs - from.atMs) / 1000)} s`;
  return [violation(`${to.instance} grew by ${Math.round(perMinute)} bytes a minute, of at most ${growthBytesPerMinute} (${live})`, to.atMs, [from, to])];
}

function median(measured: readonly Measured[]): Measured {
  const middle = Math.floor(measured.length / 2);
  const bySize = [...measured].sort((a, b) => a.rssBytes - b.rssBytes);
  return { ...bySize[middle]!, atMs: measured[middle]!.atMs };
}

function violation(message: string, atMs: number, events: readonly Measured[]): Violation {
  return { invariant: 'I10', message, atMs, events };
}
