import type { Browser, Page } from 'playwright-core';
import request from 'supertest';
import { until } from '../stores/support/until.js';
import { OPENING_MS, openPage } from './support/browser.js';
import { answers, buttons, colours, faults, feed, outcome, preview, revoke, shownPreview, signIn, startAnew, untilRefused } from './support/console-page.js';
import { endBoth, startBoth, type Fleet } from './support/fleet.js';
import { picture } from './support/picture.js';

const ALICE = ['alice mobile', 'alice web', 'alice web script', 'alice web, token 2'];
const LOOKS = [
  { name: 'light', options: { colorScheme: 'light', deviceScaleFactor: 1.5 } },
  { name: 'dark', options: { colorScheme: 'dark', deviceScaleFactor: 1.5 } },
  { name: 'narrow', options: { viewport: { width: 400, height: 860 }, deviceScaleFactor: 1.5 } },
] as const;
const BELOW_PARTNER = [...ALICE, 'bob mobile', 'bob web', 'carol spa', 'dave spa'];

describe('the console of three instances on one Redis', () => {
  let fleet: Fleet;
  let browser: Browser | undefined;
  let page: Page;
  let complaints: readonly string[];
  beforeAll(async () => {
    ({ fleet, browser } = await startBoth());
    ({ page, complaints } = await openPage(browser, fleet.url));
    await signIn(page);
  }, OPENING_MS);
  beforeEach(() => startAnew(page));
  afterEach(() => expect(complaints).toStrictEqual([]));
  afterAll(() => endBoth(browser));

  /** Whatever was foretold has come true, and nothing else. */
  async function expectRevoked(name: string, shown: { readonly count: number }, ...tokens: readonly string[]): Promise<void> {
    await untilRefused(page, ...tokens);
    expect(await outcome(page)).toMatch(new RegExp(`^Revoked ${name}: ${shown.count} tokens? ended\\. All 3 instances refuse them, the last one [\\d.,]+ ms after the click\\.$`));
    expect(await page.locator('#lanes .figures').textContent()).toMatch(/^From click to refusal([\d.,]+ ms){3}$/);
  }

  it('has a lane for each instance, and all of them accept every token', async () => {
    expect(fleet.instances).toHaveLength(3);
    expect(await page.locator('#lanes .instance').allTextContents()).toEqual(['Instance 1', 'Instance 2', 'Instance 3']);
    const addresses = await page.locator('#lanes .address').allTextContents();
    expect(addresses.map(each => each.split(' ')[0])).toEqual(fleet.instances.map(url => `:${new URL(url).port}`));
    expect(Object.keys(await answers(page))).toEqual(['api', 'alice web', 'alice web, token 2', 'alice mobile', 'alice web script', 'carol spa', 'bob web', 'bob mobile', 'dave spa', 'erin web']);
  });

  it('revokes a session: its refresh token and its access token, and nothing else of its user', async () => {
    const shown = await revoke(page, 'the mobile session of alice');
    expect(shown).toEqual({ count: 2, organisations: { 'First merchant': 2 }, users: { alice: 2 }, clients: { mobile: 2 } });
    await expectRevoked('the mobile session of alice', shown, 'alice mobile');
    await until(async () => !(await buttons(page)).includes('Revoke the mobile session of alice'));
    expect(await buttons(page)).toContain('Revoke the web session of alice');
  });

  it('revokes a user: all sessions, and the token of a script that belongs to none', async () => {
    const shown = await revoke(page, 'alice in First merchant');
    expect(shown).toEqual({ count: 6, organisations: { 'First merchant': 6 }, users: { alice: 6 }, clients: { web: 4, mobile: 2 } });
    await expectRevoked('alice in First merchant', shown, ...ALICE);
    await until(async () => (await feed(page))[0] === 'member alice in organisation ybo8zd8j2q');
  });

  it('revokes an organisation, and not the one beside or above it', async () => {
    const shown = await revoke(page, 'Second merchant');
    expect(shown).toEqual({ count: 6, organisations: { 'Second merchant': 6 }, users: { bob: 4, dave: 2 }, clients: { mobile: 2, spa: 2, web: 2 } });
    await expectRevoked('Second merchant', shown, 'bob mobile', 'bob web', 'dave spa');
    await until(async () => (await feed(page))[0] === 'organisation qj29q69mxn');
  });

  it('revokes an organisation with all that is below it', async () => {
    const shown = await revoke(page, 'Partner');
    expect(shown).toMatchObject({ count: 15, organisations: { 'First merchant': 8, 'Second merchant': 6, Partner: 1 } });
    await expectRevoked('Partner', shown, 'api', ...BELOW_PARTNER);
  });

  it('revokes a refresh token, and with it every access token that it was exchanged for', async () => {
    await page.locator('.of-session', { hasText: 'Revoke the web session of alice' }).getByRole('button', { name: 'web session', exact: true }).click();
    const shown = await revoke(page, 'the refresh token of alice');
    expect(shown).toEqual({ count: 3, organisations: { 'First merchant': 3 }, users: { alice: 3 }, clients: { web: 3 } });
    await expectRevoked('the refresh token of alice', shown, 'alice web', 'alice web, token 2');
  });

  it('revokes a single access token, and leaves its session alone', async () => {
    const shown = await revoke(page, (await buttons(page)).find(name => /access token \w+ of api$/.test(name))!.replace('Revoke ', ''));
    expect(shown).toEqual({ count: 1, organisations: { Partner: 1 }, users: { api: 1 }, clients: { api: 1 } });
    await expectRevoked('access token \\w+ of api', shown, 'api');
  });

  it('shows what it would end without ending it', async () => {
    const shown = await preview(page, 'Partner');
    expect(shown.count).toBe(15);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#revoke').waitFor({ state: 'hidden' });
    expect(await preview(page, 'Partner')).toEqual(shown);
    await page.keyboard.press('Escape');
    await untilRefused(page);
  });

  it('shows what is revoked at an instance, by whomever', async () => {
    await request(fleet.instances[1]!).post('/organisations/ybo8zd8j2q/users/carol/tokens/revoke').auth('partner-key', 'partner-secret').expect(200);
    await untilRefused(page, 'carol spa');
    await until(async () => (await feed(page))[0] === 'member carol in organisation ybo8zd8j2q');
    expect(await page.locator('#feed .who').first().textContent()).toMatch(/^by key partner-key/);
  });

  it('keeps showing what was revoked to a page that is opened later', async () => {
    await revoke(page, 'erin in Unrelated merchant');
    await untilRefused(page, 'erin web');
    const later = await openPage(browser!, fleet.url, { viewport: { width: 400, height: 800 } });
    await signIn(later.page);
    await untilRefused(later.page, 'erin web');
    await until(async () => (await feed(later.page))[0] === 'member erin in organisation j29p3kpabx');
    expect(later.complaints).toStrictEqual([]);
    await later.page.context().close();
  });

  describe('with Redis switched off', () => {
    const theSwitch = () => page.getByRole('switch');
    const everywhere = async (status: string) => Object.values(await answers(page)).flat().every(each => each === status);
    afterEach(async () => {
      if ((await theSwitch().getAttribute('aria-checked')) === 'false') await theSwitch().click();
      await until(() => everywhere('200'));
    });

    it('lets nobody in (503) at any instance, and everybody once it is back with its data', async () => {
      await theSwitch().click();
      await until(() => everywhere('503'));
      expect(await theSwitch().getAttribute('aria-checked')).toBe('false');
      await until(async () => Object.values(await colours(page)).flat().every(each => each === 'amber'));
      await page.getByText('Redis does not answer. Instances refuse to guess (503)').waitFor();
      expect(await faults(page)).toStrictEqual([]);
      await picture(page, 'redis-off');
      expect(await page.locator('#lanes .figures').textContent()).toMatch(/^From click to 503([\d.,]+ ms){3}$/);

      await theSwitch().click();
      await until(() => everywhere('200'));
      expect(await theSwitch().getAttribute('aria-checked')).toBe('true');
      await page.locator('#trouble:empty').waitFor({ state: 'attached' });
    });

    it('says that nothing can be counted or revoked, and loses nothing of what was revoked before', async () => {
      await revoke(page, 'erin in Unrelated merchant');
      await untilRefused(page, 'erin web');
      await theSwitch().click();
      await until(async () => (await answers(page))['carol spa']!.every(each => each === '503'));
      await page.getByRole('button', { name: 'Revoke carol in First merchant' }).click();
      await page.getByText('Redis does not answer, so this cannot be done now.').waitFor();
      expect(await page.locator('#revoke-confirm').isEnabled()).toBe(false);
      await page.keyboard.press('Escape');

      await theSwitch().click();
      await untilRefused(page, 'erin web');
      await startAnew(page);
    });
  });

  it.each(LOOKS)('can be read by everybody, $name', async ({ name, options }) => {
    const other = await openPage(browser!, fleet.url, options);
    await signIn(other.page);
    await untilRefused(other.page);
    await other.page.locator('.of-session', { hasText: 'Revoke the web session of alice' }).getByRole('button', { name: 'web session', exact: true }).click();
    expect(await faults(other.page)).toStrictEqual([]);
    await preview(other.page, 'Second merchant');
    expect(await faults(other.page)).toStrictEqual([]);
    if (name === 'light') await picture(other.page, 'dialogue');
    await other.page.locator('#revoke-confirm').click();
    await untilRefused(other.page, 'bob mobile', 'bob web', 'dave spa');
    await outcome(other.page);
    await until(async () => (await feed(other.page))[0] === 'organisation qj29q69mxn');
    await until(async () => !(await buttons(other.page)).includes('Revoke bob in Second merchant'));
    expect(await faults(other.page)).toStrictEqual([]);
    await picture(other.page, name);
    expect(other.complaints).toStrictEqual([]);
    await other.page.context().close();
  });

  describe('by keyboard alone', () => {
    const press = async (...keys: readonly string[]) => { for (const key of keys) await page.keyboard.press(key); };
    const focused = () => page.evaluate<string>('checks.focused()');
    /** Forward from the heading of the tree, as somebody would who hears what has the focus. */
    async function tabTo(name: string): Promise<void> {
      await page.locator('#tree-title').focus();
      for (let i = 0; i < 60 && (await focused()) !== name; i += 1) await press('Tab');
      expect(await focused()).toBe(name);
    }

    it('revokes, and comes back to what is nearest', async () => {
      await tabTo('Revoke carol in First merchant');
      await press('Enter');
      expect(await shownPreview(page)).toMatchObject({ count: 2 });
      expect(await focused()).toBe('Cancel');
      await press('Tab', 'Enter');
      await page.locator('#revoke').waitFor({ state: 'hidden' });
      await untilRefused(page, 'carol spa');
      await until(async () => (await focused()) === 'Revoke alice in First merchant');
    });

    it('gives up, and comes back to where it was', async () => {
      await tabTo('Revoke dave in Second merchant');
      await press('Enter');
      await shownPreview(page);
      await press('Escape');
      await page.locator('#revoke').waitFor({ state: 'hidden' });
      expect(await focused()).toBe('Revoke dave in Second merchant');
      await untilRefused(page);
    });

    it('stays where it is while the tree changes around it', async () => {
      await tabTo('Revoke erin in Unrelated merchant');
      await request(fleet.url).post('/organisations/ybo8zd8j2q/users/alice/tokens/revoke').auth('partner-key', 'partner-secret').expect(200);
      await until(async () => !(await buttons(page)).includes('Revoke alice in First merchant'));
      expect(await focused()).toBe('Revoke erin in Unrelated merchant');
    });

    it('switches Redis off and on', async () => {
      await page.getByRole('switch').focus();
      await press('Space');
      await until(async () => Object.values(await answers(page)).flat().every(each => each === '503'));
      await page.locator('#redis-switch:not([aria-disabled])').waitFor();
      await press('Space');
      await untilRefused(page);
    });
  });
});
