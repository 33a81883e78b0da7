import { FIRST_MERCHANT, holder, isRefused, issue, key, login, opens, SECOND_MERCHANT } from '../cast.js';
import type { Story } from '../story.js';

export async function organisations(story: Story): Promise<void> {
  story.chapter(
    'Organisations',
    'A partner has merchants, and each of them has tokens. Who manages an organisation revokes in it and in what is below it, never above it.',
  );
  await story.step({
    says: 'A clean slate, so that the counts below are exact: the partner revokes all of its tokens, those of its merchants among them.',
    sends: 'POST /tokens/revoke',
    as: key('partner-key'),
    status: 200,
  });
  await oneToken(story);
  await allOfAMerchant(story);
  await aUserInsideOne(story);
  await allOfThePartner(story);
}

async function oneToken(story: Story): Promise<void> {
  const first = await issue(story, key('merchant-key'), 'POST /tokens', ['orders:read'], 'The merchant has a token issued.');
  const second = await issue(story, key('merchant-key'), 'POST /tokens', ['orders:read'], 'And another.');
  await story.step({
    says: 'It revokes the first one by its id.',
    sends: `POST /tokens/${first.id}/revoke`,
    as: key('merchant-key'),
    status: 200,
    has: { data: { id: first.id, status: 'REVOKED', links: [] } },
  });
  await isRefused(story, holder('first token', first.token), 'The first is dead.');
  await opens(story, holder('second token', second.token), 'The second is not.');
  await story.step({
    says: "The partner revokes the second: it names the merchant, since the token is the merchant's.",
    sends: `POST /organisations/${FIRST_MERCHANT}/tokens/${second.id}/revoke`,
    as: key('partner-key'),
    status: 200,
    has: { data: { id: second.id, status: 'REVOKED' } },
  });
  await isRefused(story, holder('second token', second.token), 'Now the second is dead too.');

  const admin = await issue(story, key('merchant-key'), 'POST /tokens', ['admin'], "An administrator's token can do the same as the API key.");
  const third = await issue(story, key('merchant-key'), 'POST /tokens', ['orders:read'], 'A third token, for the administrator to revoke.');
  await story.step({
    says: 'Bearer in place of Basic. The token that revokes must itself be live.',
    sends: `POST /tokens/${third.id}/revoke`,
    as: holder('administrator', admin.token),
    status: 200,
    has: { data: { status: 'REVOKED' } },
  });
  await isRefused(story, holder('third token', third.token), 'The third is dead.');
  await story.step({
    says: 'An id that was never issued is unknown.',
    sends: 'POST /tokens/no-such-token/revoke',
    as: key('merchant-key'),
    status: 404,
    has: { returnCode: '404' },
  });
}

async function allOfAMerchant(story: Story): Promise<void> {
  const alice = await login(story, 'alice', 'web', "The merchant's people sign in: two more tokens, access and refresh.");
  await story.step({
    says: 'The merchant revokes all it has: the two of Alice, and the one of its administrator.',
    sends: 'POST /tokens/revoke',
    as: key('merchant-key'),
    status: 200,
    has: { data: { revokedTokensCount: 3 } },
  });
  await isRefused(story, holder('alice', alice.access), 'Alice is out.');
  await story.step({
    says: 'Repeating it finds nothing left to revoke.',
    sends: 'POST /tokens/revoke',
    as: key('merchant-key'),
    status: 200,
    has: { data: { revokedTokensCount: 0 } },
  });
  const again = await login(story, 'alice', 'web', 'Who signs in afterwards has a live token: what was revoked is the past.');
  await opens(story, holder('alice', again.access), 'It opens the API.');
  await story.step({
    says: 'The partner offboards the merchant: it revokes all of its tokens from above.',
    sends: `POST /organisations/${FIRST_MERCHANT}/tokens/revoke`,
    as: key('partner-key'),
    status: 200,
    has: { data: { revokedTokensCount: 2 } },
  });
  await isRefused(story, holder('alice', again.access), 'Out again.');
}

async function aUserInsideOne(story: Story): Promise<void> {
  const bob = await login(story, 'bob', 'web', 'Bob signs in at the second merchant.');
  const path = `POST /organisations/${SECOND_MERCHANT}/tokens` as const;
  const software = await issue(story, key('partner-key'), path, ['orders:read'], 'Software of the same merchant has a token as well, which the partner asked for.');
  await story.step({
    says: 'Bob leaves that merchant: his tokens there die, nobody else is touched.',
    sends: `POST /organisations/${SECOND_MERCHANT}/users/bob/tokens/revoke`,
    as: key('partner-key'),
    status: 200,
    has: { data: { revokedTokensCount: 2 } },
  });
  await isRefused(story, holder('bob', bob.access), 'He is out.');
  await opens(story, holder('software', software.token), 'The software is not.');
  await story.step({
    says: "Its token goes with the merchant's others.",
    sends: `POST /organisations/${SECOND_MERCHANT}/tokens/revoke`,
    as: key('partner-key'),
    status: 200,
    has: { data: { revokedTokensCount: 1 } },
  });
  await isRefused(story, holder('software', software.token), 'Dead.');
}

async function allOfThePartner(story: Story): Promise<void> {
  const bob = await login(story, 'bob', 'web', 'Bob signs in once more.');
  const admin = await issue(story, key('partner-key'), 'POST /tokens', ['bankadmin'], "The partner's administrator gets a token.");
  await story.step({
    says: "With it the partner revokes everything of its own: what is its merchants' names the partner as well, so all three tokens go, the administrator's included.",
    sends: 'POST /tokens/revoke',
    as: holder('administrator of the partner', admin.token),
    status: 200,
    has: { data: { revokedTokensCount: 3 } },
  });
  await isRefused(story, holder('bob', bob.access), 'Bob is out.');
  await isRefused(story, holder('administrator of the partner', admin.token), 'The administrator too.');
}
