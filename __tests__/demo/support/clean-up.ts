type Work = () => unknown;

const works: Work[] = [];

/** Does this when the test has ended, also where it has failed: what a test leaves open keeps jest from ending. */
export function afterwards(work: Work): void {
  works.push(work);
}

/** For `afterEach`: the latest first. */
export async function cleanUp(): Promise<void> {
  for (const work of works.splice(0).reverse()) await work();
}
