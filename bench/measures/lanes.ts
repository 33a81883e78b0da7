/** Does something with each of `items`, in order, so many at a time. */
export async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T, lane: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (_: unknown, index: number): Promise<void> => {
    while (next < items.length) await work(items[next++] as T, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

export function slicesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
