import { isDeepStrictEqual } from 'node:util';
import type { Browser } from 'playwright-core';
import request from 'supertest';
import { startDemo, type RunningDemo } from '../../demo-app/server.js';
import { afterwards, cleanUp } from '../demo/support/clean-up.js';
import { until } from '../stores/support/until.js';
import { OPENING_MS, openBrowser, openPage, type OpenPage } from './support/browser.js';
import { answers, colours, faults, feed, figures, focused, outcome, revoke, signIn, untilRefused } from './support/console-page.js';
import { look, timesOf } from './support/look.js';

describe('the console of a demo in memory', () => {
  let browser: Browser | undefined;
  let demo: RunningDemo;
  let opened: OpenPage;
  const settings = { host: '127.0.0.1', port: 0, redisUrl: undefined };
  beforeAll(async () => {
    [browser, demo] = await Promise.all([openBrowser(), startDemo(settings)]);
  }, OPENING_MS);
  beforeEach(async () => {
    opened = await openPage(browser!, demo.url);
  });
  afterEach(cleanUp);
  afterEach(async () => {
    expect(opened.complaints).toStrictEqual([]);
    await opened.page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await demo.close();
  });

  it('shows nothing but a form before somebody has signed in, and the cursor stands in it', async () => {
    const { page } = opened;
    expect(await page.getByRole('button').allTextContents()).toEqual(['Sign in']);
    expect(await page.locator('#name:focus').count()).toBe(1);
    expect(await faults(page)).toStrictEqual([]);
  });

  it('says that a password is wrong, and keeps its doors shut', async () => {
    const { page } = opened;
    await signIn(page, 'wrong');
    await page.getByRole('alert').getByText('The name or the password is wrong.').waitFor();
    expect(await page.locator('#board').isVisible()).toBe(false);
    expect(await faults(page)).toStrictEqual([]);
    await signIn(page);
    await page.getByRole('heading', { name: 'Who has tokens' }).waitFor();
  });

  it('keeps its token in the memory of the page only: whoever loads it again has to sign in again', async () => {
    const { page } = opened;
    await signIn(page);
    await untilRefused(page);
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).toEqual(['', 0, 0]);
    expect(await page.context().cookies()).toStrictEqual([]);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.locator('#board').isVisible()).toBe(false);
  });

  it('has one lane, says how to get more, and has no Redis to switch off', async () => {
    const { page } = opened;
    await signIn(page);
    await untilRefused(page);
    expect(await page.locator('#lanes .instance').allTextContents()).toEqual(['This process']);
    expect(await page.getByText('npm run demo:fleet').isVisible()).toBe(true);
    expect(await page.getByRole('switch').count()).toBe(0);
    expect(await faults(page)).toStrictEqual([]);
  });

  it('revokes, and signs everybody in again with tokens that live', async () => {
    const { page } = opened;
    await signIn(page);
    await untilRefused(page);
    expect(await revoke(page, 'bob in Second merchant')).toMatchObject({ count: 4 });
    await untilRefused(page, 'bob mobile', 'bob web');
    expect(await outcome(page)).toMatch(/^Revoked bob in Second merchant: 4 tokens ended\. The instance refuses them/);
    await page.getByRole('button', { name: 'Sign everyone in again' }).click();
    await untilRefused(page);
    await page.getByRole('button', { name: 'Revoke bob in Second merchant' }).waitFor();
  });

  it('shows the milliseconds that were measured between the click and each refusal, and no others', async () => {
    const { page } = opened;
    const asked = page.waitForRequest(`${demo.url}/console/api/events`);
    await signIn(page);
    const { authorization = '' } = (await asked).headers();
    await untilRefused(page);
    const watching = await look(demo.url, authorization.replace('Bearer ', ''));
    const timed = timesOf(4, watching);
    const beganAtMs = performance.now();
    await revoke(page, 'alice in First merchant');
    const times = await timed;
    watching.leave();
    expect(Math.max(...times)).toBeLessThanOrEqual(performance.now() - beganAtMs);

    const shown = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en')} ms`;
    await until(async () => (await figures(page)).answers.length === 4);
    const { instances, answers: beside } = await figures(page);
    expect([...beside].sort()).toEqual(times.map(shown).sort());
    expect(instances).toEqual([shown(Math.max(...times))]);
    expect(await outcome(page)).toContain(`the last one ${instances[0]!} after the click.`);
    await page.getByRole('button', { name: 'Sign everyone in again' }).click();
    await untilRefused(page);
  });

  it.each(['light', 'dark'] as const)('shows who is accepted in green and who is refused in red, where the scheme is %s', async (colorScheme) => {
    const { page } = await openPage(browser!, demo.url, { colorScheme });
    await signIn(page);
    await untilRefused(page);
    const all = Object.keys(await answers(page));
    const expected = (...red: readonly string[]) => Object.fromEntries(all.map(name => [name, [red.includes(name) ? 'red' : 'green']]));
    const untilColoured = async (...red: readonly string[]): Promise<void> => {
      await until(async () => isDeepStrictEqual(await colours(page), expected(...red)));
    };
    await untilColoured();
    await revoke(page, 'carol in First merchant');
    await untilColoured('carol spa');
    await page.getByRole('button', { name: 'Sign everyone in again' }).click();
    await untilColoured();
    await page.context().close();
  });

  it('ends the token of whoever signs out', async () => {
    const { page } = opened;
    const asked = page.waitForRequest(`${demo.url}/console/api/events`);
    await signIn(page);
    const { authorization = '' } = (await asked).headers();
    const people = () => request(demo.url).post('/console/api/people').set('Authorization', authorization);
    await untilRefused(page);
    await people().expect(204);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect((await people().expect(401)).body).toMatchObject({ reason: 'revoked' });
  });

  it('asks to sign in again when the demo was restarted, whose operators know nothing of the one before', async () => {
    const first = await startDemo(settings);
    const { page, complaints } = await openPage(browser!, first.url);
    await signIn(page);
    await untilRefused(page);
    await first.close();
    await page.getByText('The connection to the demo was lost; trying again.').waitFor();
    const second = await startDemo({ ...settings, port: Number(new URL(first.url).port) });
    afterwards(() => second.close());
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(complaints.filter(each => !each.includes('ERR_CONNECTION_REFUSED') && !each.includes('ERR_INCOMPLETE_CHUNKED_ENCODING'))).toStrictEqual([]);
    await page.context().close();
  });

  it('shows what comes from elsewhere as text, whatever it looks like', async () => {
    const { page } = opened;
    await signIn(page);
    await untilRefused(page);
    const id = '<img src=x onerror=alert(1)>';
    await demo.demo.live.revoke({ kind: 'subject', id }, { actor: '<b>nobody</b>' });
    await until(async () => (await feed(page))[0] === `subject ${id}`);
    expect(await page.locator('#feed .who').first().textContent()).toBe('by <b>nobody</b>');
  });

  it('moves nothing for whoever has asked for less motion', async () => {
    const { page } = await openPage(browser!, demo.url, { reducedMotion: 'reduce' });
    await signIn(page);
    await untilRefused(page);
    await page.evaluate('window.moved = 0; for (const name of ["animationstart", "transitionrun"]) addEventListener(name, () => { moved += 1; })');
    await revoke(page, 'carol in First merchant');
    await untilRefused(page, 'carol spa');
    await until(async () => (await feed(page))[0] === 'member carol in organisation ybo8zd8j2q');
    expect(await page.evaluate('moved')).toBe(0);
    await page.context().close();
  });

  it('leaves the focus on the page when the last token is gone', async () => {
    const { page } = opened;
    await signIn(page);
    await page.getByRole('button', { name: 'Sign everyone in again' }).click();
    await untilRefused(page);
    await page.getByRole('button', { name: 'Revoke erin in Unrelated merchant' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#revoke-confirm:enabled').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await untilRefused(page, 'erin web');
    await until(async () => (await focused(page)) === 'Revoke Unrelated merchant');
  });
});
