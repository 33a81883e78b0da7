import { claimsIn, holder, isRefused, issue, key, login, opens, refuseRefresh, type Login } from '../cast.js';
import type { Story } from '../story.js';

export async function sessions(story: Story): Promise<void> {
  story.chapter('Users and their sessions', 'A login is a session, which all of its tokens name. A user may have several, and tokens without any.');
  await ownSession(story);
  await allSessions(story);
  await byAnAdministrator(story);
  await oneClient(story);
  await openStream(story);
}

const sessionOf = ({ access }: Login): string => String(claimsIn(access)['sid']);

async function ownSession(story: Story): Promise<void> {
  const here = await login(story, 'alice', 'web', 'Alice signs in.');
  const there = await login(story, 'alice', 'web', 'And somewhere else.');
  await story.step({
    says: 'From here she ends the session over there.',
    sends: `DELETE /api/v1/sessions/${sessionOf(there)}`,
    as: holder('alice', here.access),
    status: 204,
  });
  await isRefused(story, holder('over there', there.access), 'Its access token is dead.');
  await refuseRefresh(story, there, 'Its refresh token too.');
  await opens(story, holder('alice', here.access), 'The session she did it from lives on.');
}

async function allSessions(story: Story): Promise<void> {
  const session = await login(story, 'alice', 'web', 'Alice signs in.');
  const { body } = await story.step({
    says: 'And makes a personal token for her own scripts. It belongs to no session.',
    sends: 'POST /api/me/tokens',
    as: holder('alice', session.access),
    json: { password: 'alice-password', scopes: ['orders:read'], expiresIn: 3600 },
    status: 201,
    shows: ['id', 'scopes', 'accessToken'],
  });
  const script = holder('script of alice', String(body['accessToken']));
  await story.step({
    says: 'She ends all of her sessions, and only those.',
    sends: 'DELETE /api/v1/users/alice/sessions?oauthTokens=false',
    as: holder('alice', session.access),
    status: 204,
  });
  await isRefused(story, holder('alice', session.access), 'Whatever carries a session is dead, also the token she did it with.');
  await opens(story, script, 'Her script goes on working.');

  const again = await login(story, 'alice', 'web', 'She signs in again, since something is fishy.');
  await story.step({
    says: 'This time every token of hers is to go.',
    sends: 'DELETE /api/v1/users/alice/sessions?oauthTokens=true',
    as: holder('alice', again.access),
    status: 204,
  });
  await isRefused(story, script, 'The script is out too.');
  await isRefused(story, holder('alice', again.access), 'And she herself.');
}

async function byAnAdministrator(story: Story): Promise<void> {
  const alice = await login(story, 'alice', 'web', 'Alice signs in.');
  const bob = await login(story, 'bob', 'web', 'So does Bob, at the other merchant.');
  const merchant = await issue(story, key('merchant-key'), 'POST /tokens', ['admin'], "Alice's merchant has an administrator, with a token of the scope admin.");
  await story.step({
    says: 'The administrator ends her session.',
    sends: `DELETE /api/v1/sessions/${sessionOf(alice)}`,
    as: holder('administrator of the merchant', merchant.token),
    status: 204,
  });
  await isRefused(story, holder('alice', alice.access), 'She is out.');
  const partner = await issue(story, key('partner-key'), 'POST /tokens', ['bankadmin'], "The partner's administrator (scope bankadmin) reaches the users of all its merchants.");
  await story.step({
    says: 'And signs Bob out of everything.',
    sends: 'DELETE /api/v1/users/bob/sessions?oauthTokens=true',
    as: holder('administrator of the partner', partner.token),
    status: 204,
  });
  await isRefused(story, holder('bob', bob.access), 'He is out as well.');
}

async function oneClient(story: Story): Promise<void> {
  const web = await login(story, 'alice', 'web', 'Alice signs in through the web client.');
  const mobile = await login(story, 'alice', 'mobile', 'And through the mobile one.');
  await story.step({
    says: 'She withdraws what she allowed the mobile client.',
    sends: 'DELETE /api/v1/users/alice/clients/mobile/tokens',
    as: holder('alice', web.access),
    status: 204,
  });
  await isRefused(story, holder('mobile', mobile.access), 'Its tokens of hers are dead.');
  await opens(story, holder('web', web.access), 'Those of the web client are not.');
}

async function openStream(story: Story): Promise<void> {
  const here = await login(story, 'alice', 'web', 'Alice signs in.');
  const there = await login(story, 'alice', 'web', 'And on a laptop, which she will leave on a train.');
  const events = await story.open({
    says: 'The laptop opens a stream. The guard looks at its token once, and from then on events come without a further request.',
    sends: 'GET /api/stream',
    as: holder('laptop', there.access),
    status: 200,
  });
  const sentMs = performance.now();
  await story.step({
    says: 'She ends the session of the laptop.',
    sends: `DELETE /api/v1/sessions/${sessionOf(there)}`,
    as: holder('alice', here.access),
    status: 204,
  });
  await story.ends(events, 'The stream ends by itself, since its token is watched, and says why.', 'revoked', sentMs);
}
