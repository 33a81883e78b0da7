import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findOrInstallChromium } from './find-chromium.js';

const ARGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** For the hook that opens it: it may have to be installed first, and others may be installing something. */
export const OPENING_MS = 600_000;

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findOrInstallChromium(), args: ARGS });
}

export interface OpenPage {
  readonly page: Page;
  /** What the browser complained of so far: errors of scripts, breaches of the content security policy, warnings. */
  readonly complaints: readonly string[];
}

/** Every answer of 4xx and 5xx is an error to the browser's console; the page says what became of each. */
const ANSWERED_NO = /Failed to load resource: the server responded with a status of (401|403|503)/;

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  await page.addInitScript({ path: join(__dirname, 'in-page.js') });
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !ANSWERED_NO.test(message.text())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`It asked ${request.url()}`);
  });
  await page.goto(`${url}/console`);
  return { page, complaints };
}
