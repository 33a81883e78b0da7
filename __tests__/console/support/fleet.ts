import type { Browser } from 'playwright-core';
import { endAll, startDemoProcess, type DemoProcess } from '../../demo/support/demo-process.js';
import { openBrowser } from './browser.js';

export interface Fleet {
  readonly url: string;
  /** Where each instance listens. */
  readonly instances: readonly string[];
  readonly process: DemoProcess;
}

export async function startFleetProcess(environment: Readonly<Record<string, string>> = {}): Promise<Fleet> {
  const process = await startDemoProcess(environment, '--fleet');
  const instances = [...process.output().matchAll(/^Instance \d: (\S+)$/gm)].map(([, url]) => url!);
  return { url: process.url, instances, process };
}

/** For a whole file: both take their time to start. */
export async function startBoth(): Promise<{ readonly fleet: Fleet; readonly browser: Browser }> {
  const [fleet, browser] = await Promise.all([startFleetProcess(), openBrowser()]);
  return { fleet, browser };
}

export async function endBoth(browser: Browser | undefined): Promise<void> {
  await browser?.close();
  await endAll();
}
