import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { until } from '../../stores/support/until.js';

/** The pictures of the README: drawn anew when they are asked for, so that a run of the tests changes no file. */
const DIRECTORY = resolve(__dirname, '../../../docs/images');
const isWanted = (process.env['SCREENSHOTS'] ?? '') !== '';

/** SCREENSHOTS=1 npx jest __tests__/console/revoking.test.ts -t 'can be read|lets nobody in': without the others' traces in the feed. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!isWanted) return;
  // Without what is still on its way to its colour.
  await until(() => page.evaluate('document.getAnimations().length === 0'));
  await page.screenshot({ path: join(DIRECTORY, `console-${name}.png`), fullPage: name !== 'dialogue' && name !== 'narrow' });
}
