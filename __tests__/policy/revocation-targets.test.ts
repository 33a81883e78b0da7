import { createLiveTokens, InvalidTargetError, memoryStore, type LiveTokens, type LiveTokensOptions, type Target } from 'livetoken';
import { EVERY_STORE, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

/** Before every revocation here, whatever second of the clock a test runs into. */
const iat = Math.floor(Date.now() / 1000) - 10;

/** Tokens that share and do not share whatever can be revoked. `org`: whom it is for; `orgs`: above that. */
const TOKENS = {
  first: { jti: 'jti-1', sub: 'alice', sid: 's1', grant_id: 'g1', client_id: 'web', org: 'A' },
  ofSameLogin: { jti: 'jti-2', sub: 'alice', sid: 's1', grant_id: 'g1', client_id: 'web', org: 'A' },
  ofSameSession: { jti: 'jti-3', sub: 'alice', sid: 's1', grant_id: 'g2', client_id: 'web', org: 'A' },
  ofOtherSession: { jti: 'jti-4', sub: 'alice', sid: 's2', grant_id: 'g3', client_id: 'mobile', org: 'A' },
  withoutSession: { jti: 'jti-5', sub: 'alice', sid: undefined, grant_id: 'g4', client_id: 'web', org: 'A' },
  ofOtherOrganisation: { jti: 'jti-1', sub: 'alice', sid: 's3', grant_id: 'g5', client_id: 'web', org: 'B' },
  ofBob: { jti: 'jti-6', sub: 'bob', sid: 's4', grant_id: 'g6', client_id: 'web', org: 'A' },
  ofChild: { jti: 'jti-7', sub: 'carol', sid: 's5', grant_id: 'g7', client_id: 'mobile', org: 'C', orgs: ['A'] },
  ofMachine: { jti: 'jti-8', sub: undefined, sid: undefined, grant_id: undefined, client_id: 'web', org: 'B' },
  // Its ids are the names of other things: nothing is taken for another kind.
  ofConfusion: { jti: 's1', sub: 'A', sid: 'jti-1', grant_id: 'alice', client_id: 'g1', org: 'web' },
} as const;

type Name = keyof typeof TOKENS;
const names = Object.keys(TOKENS) as Name[];

const ofLogin: readonly Name[] = ['first', 'ofSameLogin'];
const ofSession: readonly Name[] = [...ofLogin, 'ofSameSession'];
const aliceInA: readonly Name[] = [...ofSession, 'ofOtherSession', 'withoutSession'];

const CASES: readonly (readonly [target: Target, refused: readonly Name[]])[] = [
  [{ kind: 'token', id: 'jti-1', organisation: 'A' }, ['first']],
  [{ kind: 'token', id: 'jti-1', organisation: 'B' }, ['ofOtherOrganisation']],
  [{ kind: 'token', id: 'jti-7', organisation: 'C' }, ['ofChild']],
  [{ kind: 'token', id: 'jti-7', organisation: 'A' }, []],
  [{ kind: 'token', id: 'jti-1', organisation: 'C' }, []],
  [{ kind: 'grant', id: 'g1' }, ofLogin],
  [{ kind: 'grant', id: 'g9' }, []],
  [{ kind: 'session', id: 's1' }, ofSession],
  [{ kind: 'session', id: 's9' }, []],
  [{ kind: 'subject', id: 'alice' }, [...aliceInA, 'ofOtherOrganisation']],
  [{ kind: 'subject', id: 'alice', sessionsOnly: true }, [...ofSession, 'ofOtherSession', 'ofOtherOrganisation']],
  [{ kind: 'subject', id: 'alice', client: 'web' }, [...ofSession, 'withoutSession', 'ofOtherOrganisation']],
  [{ kind: 'subject', id: 'alice', client: 'mobile' }, ['ofOtherSession']],
  [{ kind: 'subject', id: 'alice', client: 'other' }, []],
  [{ kind: 'subject', id: 'Alice' }, []],
  [{ kind: 'member', id: 'alice', organisation: 'A' }, aliceInA],
  [{ kind: 'member', id: 'alice', organisation: 'B' }, ['ofOtherOrganisation']],
  [{ kind: 'member', id: 'alice', organisation: 'A', sessionsOnly: true }, [...ofSession, 'ofOtherSession']],
  [{ kind: 'member', id: 'alice', organisation: 'A', client: 'web' }, [...ofSession, 'withoutSession']],
  [{ kind: 'member', id: 'alice', organisation: 'B', client: 'mobile' }, []],
  [{ kind: 'member', id: 'carol', organisation: 'A' }, ['ofChild']],
  [{ kind: 'member', id: 'carol', organisation: 'C' }, ['ofChild']],
  [{ kind: 'member', id: 'bob', organisation: 'B' }, []],
  [{ kind: 'member', id: 'A', organisation: 'alice' }, []],
  [{ kind: 'client', id: 'web' }, [...ofSession, 'withoutSession', 'ofOtherOrganisation', 'ofBob', 'ofMachine']],
  [{ kind: 'client', id: 'mobile' }, ['ofOtherSession', 'ofChild']],
  [{ kind: 'organisation', id: 'A' }, [...aliceInA, 'ofBob', 'ofChild']],
  [{ kind: 'organisation', id: 'B' }, ['ofOtherOrganisation', 'ofMachine']],
  [{ kind: 'organisation', id: 'C' }, ['ofChild']],
  [{ kind: 'organisation', id: 'D' }, []],
  [{ kind: 'all' }, names],
];

const claims = { organisation: 'org', organisations: 'orgs' };

describe.each(EVERY_STORE)('live.revoke on the $name store', ({ open }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  beforeEach(async () => {
    opened = await open();
    live = liveTokens(opened.store, issuer, { claims });
  });
  afterEach(() => opened.close());

  async function refused(): Promise<Name[]> {
    const verdicts = await Promise.all(names.map(name => live.check(issuer.claims({ iat, ...TOKENS[name] }))));
    return names.filter((_, index) => !verdicts[index]!.live);
  }

  it.each(CASES)('F70 F80 of %j refuses exactly the tokens under it: %j', async (target, expected) => {
    expect(await refused()).toEqual([]);

    await live.revoke(target);

    expect(await refused()).toEqual(names.filter(name => expected.includes(name)));
  });

  it('F80 adds up: a token is refused once any of its targets is, and the verdict names it', async () => {
    await live.revoke({ kind: 'session', id: 's2' });
    await live.revoke({ kind: 'client', id: 'g1' });

    expect(await refused()).toEqual(['ofOtherSession', 'ofConfusion']);
    expect(await live.check(issuer.claims({ iat, ...TOKENS.ofOtherSession }))).toEqual({
      live: false,
      reason: 'revoked',
      message: 'The token was revoked.',
      target: { kind: 'session', id: 's2' },
    });
  });

  it('F80 keeps refusing when an older and narrower revocation follows a newer and broader one', async () => {
    await live.revoke({ kind: 'subject', id: 'alice' });
    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: 1_000_000 });
    await live.revoke({ kind: 'member', id: 'alice', organisation: 'A' }, { issuedBefore: 1_000_000 });

    expect(await refused()).toEqual([...aliceInA, 'ofOtherOrganisation']);
  });

  const notTargets: unknown[] = [
    ...[{}, { kind: 'user', id: 'alice' }, { kind: 'constructor' }, { kind: ['token'], id: 'x' }, { kind: 'token' }, { kind: 'token', id: '' }],
    ...[{ kind: 'token', id: 5 }, { kind: 'token', id: ['jti-1'] }, { kind: 'token', id: 'x'.repeat(257) }, { kind: 'token', id: '\ud800' }],
    ...[{ kind: 'member', id: 'alice' }, { kind: 'session', id: 's1', organisation: 'A' }, { kind: 'all', id: 'x' }, { kind: 'client', id: 'web', organisation: 'A' }],
    ...[{ kind: 'subject', id: 'alice', sessionsOnly: false }, { kind: 'subject', id: 'alice', sessionsOnly: 'true' }],
    ...[{ kind: 'subject', id: 'alice', sessionsOnly: true, client: 'web' }, { kind: 'subject', id: 'alice', client: '' }],
    ...[null, undefined, 5, ['token', 'jti-1'], new Map()],
  ];
  it.each(notTargets.map(target => [target]))('F80 refuses what is no target, and writes nothing: %j', async target => {
    await expect(live.revoke(target as Target)).rejects.toThrow(InvalidTargetError);

    expect(await refused()).toEqual([]);
    expect((await live.history()).items).toStrictEqual([]);
  });
});

describe('live.revoke of what no token can fall under', () => {
  const revoke = async (options: Partial<LiveTokensOptions>, target: Target) => {
    const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, ...options });
    return live.revoke(target);
  };
  const named = { claims: { organisation: 'org' } };
  const above = { claims: { organisations: 'orgs' } };
  const lenient = { ...named, unsafe: { acceptMissingOrganisation: true } };
  const token: Target = { kind: 'token', id: 'jti-1' };
  const tokenOfA: Target = { ...token, organisation: 'A' };
  const organisation: Target = { kind: 'organisation', id: 'A' };
  const member: Target = { kind: 'member', id: 'alice', organisation: 'A' };

  it.each<[Partial<LiveTokensOptions>, Target, RegExp]>([
    [named, token, /^A token is named by its id and its organisation here: give the organisation too\.$/],
    [{}, tokenOfA, /^A token is named by its id alone here: give createLiveTokens\(\{ claims \}\) the claim for organisation, /],
    [above, tokenOfA, /^A token is named by its id alone here: /],
    [{}, organisation, /^Tokens name no organisation here: give .+ the claim for organisation or organisations, or leave it out of the target\.$/],
    [{}, member, /^Tokens name no organisation here: /],
  ])('F80 rejects, instead of a receipt for nothing: with %j, %j', async (options, target, message) => {
    const revoking = revoke(options, target);

    await expect(revoking).rejects.toThrow(InvalidTargetError);
    await expect(revoking).rejects.toThrow(message);
  });

  it.each<[Partial<LiveTokensOptions>, Target]>([[named, tokenOfA], [{}, token], [above, token], [above, organisation], [above, member], [lenient, token], [lenient, tokenOfA]])(
    'F80 is told from what some token can: with %j, %j',
    async (options, target) => {
      expect(await revoke(options, target)).toMatchObject({ changed: true });
    },
  );
});
