import { openSingle, type SingleBackend } from '../backend.js';
import { scenario, type Definition } from '../scenario.js';

/** All data gone, and nobody with a copy that could give it back: what then happens is the operator's choice. */
const ALL_LOST = {
  open: () => openSingle('--appendonly', 'no'),
  guards: { c: 'direct', e: 'direct' },
  begin({ backend, population }) {
    // To revoke everything is to end what was issued so far. The issuer must not go on with sessions that were ended.
    population.logAllOut();
    return backend.current.restart();
  },
} as const satisfies Partial<Definition<SingleBackend>>;

export const DATA_LOSSES = [
  scenario<SingleBackend>({
    ...ALL_LOST,
    name: 'lost-refuse',
    fault: "all data lost, no copies, onDataLoss 'refuse'; after 3 s all revoked by hand and the loss accepted",
    nature: { mayLose: true },
    holdMs: 3000,
    store: { onDataLoss: 'refuse' },
    async heal(world) {
      await world.traffic.revokeByHand(world.guard('c'), { kind: 'all' });
      await world.traffic.acceptDataLoss(world.guard('c'));
    },
    // The other instance asks once a second.
    bounds: { guardRecoveryMs: 1600 },
  }),
  scenario<SingleBackend>({
    ...ALL_LOST,
    name: 'lost-revoke-all',
    isLong: true,
    fault: "all data lost, no copies, onDataLoss 'revoke-all'",
    nature: { mayLose: true },
    // Copies would have had five seconds.
    holdMs: 7000,
    store: { onDataLoss: 'revoke-all' },
    mayRevokeAll: true,
    bounds: { guardRecoveryMs: 1600 },
  }),
  scenario<SingleBackend>({
    ...ALL_LOST,
    name: 'lost-continue',
    fault: "all data lost, no copies, onDataLoss 'continue': what was revoked is back in use",
    nature: { mayLose: true, unpromised: true },
    holdMs: 500,
    isLong: true,
    store: { onDataLoss: 'continue' },
  }),
];
