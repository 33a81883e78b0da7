import type { Page } from 'playwright-core';
import { until } from '../../stores/support/until.js';

export async function signIn(page: Page, password = 'operator-password'): Promise<void> {
  await page.getByLabel('Name').fill('operator');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** What every instance answers to each token, as the page shows it: `{ 'alice web': ['200', '200', '200'] }`. */
export async function answers(page: Page): Promise<Readonly<Record<string, readonly string[]>>> {
  return page.evaluate('checks.answers()');
}

/** In what colour the page shows what every instance answers to each token: `{ 'alice web': ['green', 'red', 'amber'] }`. */
export async function colours(page: Page): Promise<Readonly<Record<string, readonly string[]>>> {
  return page.evaluate('checks.colours()');
}

/** The times since the click that the page shows: one for each instance, and one at each answer that the click has changed. */
export async function figures(page: Page): Promise<{ readonly instances: readonly string[]; readonly answers: readonly string[] }> {
  return page.evaluate('checks.figures()');
}

/** The tokens that are refused at every instance; `undefined` while the instances do not agree, or say anything but 200 and 401. */
export async function refused(page: Page): Promise<readonly string[] | undefined> {
  const shown = Object.entries(await answers(page));
  const agreed = shown.length > 0 && shown.every(([, [first, ...others]]) => (first === '200' || first === '401') && others.every(each => each === first));
  return agreed ? shown.filter(([, [first]]) => first === '401').map(([name]) => name).sort() : undefined;
}

/** Resolves once every instance refuses these tokens, and accepts all others. */
export async function untilRefused(page: Page, ...names: readonly string[]): Promise<void> {
  await until(async () => JSON.stringify(await refused(page)) === JSON.stringify([...names].sort()));
}

/** Everybody is signed in, and every token accepted everywhere. */
export async function startAnew(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign everyone in again' }).click();
  await untilRefused(page);
  await until(async () => (await buttons(page)).includes('Revoke alice in First merchant') && (await buttons(page)).includes('Revoke erin in Unrelated merchant'));
}

/** The names of the buttons of the tree. */
export async function buttons(page: Page): Promise<readonly string[]> {
  return page.locator('#tree .revoke').allTextContents();
}

export interface Shown {
  readonly count: number;
  readonly organisations: Readonly<Record<string, number>>;
  readonly users: Readonly<Record<string, number>>;
  readonly clients: Readonly<Record<string, number>>;
}

/** What the dialogue says that revoking will end. */
export async function preview(page: Page, name: string): Promise<Shown> {
  await page.getByRole('button', { name: `Revoke ${name}`, exact: true }).click();
  return shownPreview(page);
}

export async function shownPreview(page: Page): Promise<Shown> {
  const confirm = page.locator('#revoke-confirm:enabled');
  await confirm.waitFor();
  const [organisations = {}, users = {}, clients = {}] = await page.evaluate<Record<string, number>[]>('checks.groups()');
  const count = Number(/\d+/.exec((await confirm.textContent()) ?? '')?.[0] ?? 0);
  return { count, organisations, users, clients };
}

/** Revokes, and answers what the dialogue had said before. */
export async function revoke(page: Page, name: string): Promise<Shown> {
  const shown = await preview(page, name);
  await page.locator('#revoke-confirm').click();
  await page.locator('#revoke').waitFor({ state: 'hidden' });
  return shown;
}

/** What the page says came of the latest click, once it says that all instances have noticed. */
export async function outcome(page: Page): Promise<string> {
  const result = page.locator('#result', { hasText: /refuses? them/ });
  await result.waitFor();
  return (await result.textContent()) ?? '';
}

export async function feed(page: Page): Promise<readonly string[]> {
  return page.locator('#feed .what').allTextContents();
}

/** The name of what has the focus. */
export function focused(page: Page): Promise<string> {
  return page.evaluate('checks.focused()');
}

/** What whoever cannot see it well would stumble over: see `in-page.js`. */
export function faults(page: Page): Promise<readonly string[]> {
  return page.evaluate('checks.faults()');
}
