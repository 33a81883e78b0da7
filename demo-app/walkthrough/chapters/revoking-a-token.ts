import { client, holder, isRefused, login, opens, refresh, refuseRefresh } from '../cast.js';
import type { Story, Who } from '../story.js';

export async function revokingAToken(story: Story): Promise<void> {
  story.chapter('Revoking one token', 'A signed token is good until it expires, whatever has happened since. From here on that is over.');
  await anAccessToken(story);
  await aRefreshToken(story);
  await aStolenRefreshToken(story);
  await aPublicClient(story);
}

function revoke(story: Story, as: Who, token: string, says: string): Promise<unknown> {
  return story.step({ says, sends: 'POST /oauth2/default/v1/revoke', as, form: { token }, status: 200 });
}

async function anAccessToken(story: Story): Promise<void> {
  const alice = await login(story, 'alice', 'web', 'Alice signs in.');
  await revoke(story, client('web'), alice.access, 'She signs out, so the client revokes her access token (RFC 7009).');
  await isRefused(story, holder('alice', alice.access), 'The very next request is refused, although signature and expiry are as good as before.');
  await story.step({
    says: 'Resource servers that ask hear the same, and nothing more.',
    sends: 'POST /oauth2/default/v1/introspect',
    as: client('api'),
    form: { token: alice.access },
    status: 200,
    has: { active: false },
  });
  await revoke(story, client('web'), alice.access, 'Revoking it again does no harm.');

  const next = await refresh(story, alice, 'An access token dies alone: the refresh token still gets a new one. It is used up by that, and replaced.');
  await opens(story, holder('alice', next.access), 'The new access token is live.');
}

async function aStolenRefreshToken(story: Story): Promise<void> {
  const alice = await login(story, 'alice', 'web', 'Alice signs in. Somebody copies her refresh token, unnoticed.');
  const thief = await refresh(story, alice, 'The thief is the first to use it, and gets new tokens.');
  await opens(story, holder('thief', thief.access), 'They are as good as hers.');
  await refuseRefresh(story, alice, 'Then her own client uses it. Who of both is the thief nobody can tell, but a token that is used twice was stolen.');
  await isRefused(story, holder('thief', thief.access), 'So the login ends for both, the access token of the thief with it.');
  await refuseRefresh(story, thief, 'The refresh token that the thief was given is dead as well.');
  await isRefused(story, holder('alice', alice.access), 'And so is the access token that Alice had. She signs in again; the thief cannot.');
}

async function aRefreshToken(story: Story): Promise<void> {
  const laptop = await login(story, 'alice', 'web', 'Alice signs in on a laptop.');
  const phone = await login(story, 'alice', 'web', 'And on a phone.');
  const later = await refresh(story, laptop, 'On the laptop time goes by, so there are two access tokens by now.');
  await revoke(story, client('web'), later.refresh, 'The laptop is stolen. The client revokes its refresh token, and with it all that it spawned.');
  await isRefused(story, holder('laptop', laptop.access), 'Its first access token is dead.');
  await isRefused(story, holder('laptop', later.access), 'So is its second.');
  await refuseRefresh(story, later, 'And no more can be had.');
  await opens(story, holder('phone', phone.access), 'The phone has a grant of its own, and goes on working.');
}

async function aPublicClient(story: Story): Promise<void> {
  const { access } = await login(story, 'alice', 'spa', 'A client that runs in a browser has no secret: it gives its name.');
  await story.step({
    says: 'It revokes in the same way, its own tokens only.',
    sends: 'POST /oauth2/default/v1/revoke',
    form: { token: access, client_id: 'spa' },
    status: 200,
  });
  await isRefused(story, holder('alice', access), 'Which works as well.');
}
