import type { Scenario } from '../scenario.js';
import { ACCESS } from './access.js';
import { CRASHES } from './crashes.js';
import { DATA } from './data.js';
import { DATA_LOSSES } from './data-loss.js';
import { FAILOVERS } from './failover.js';
import { GROUPS } from './groups.js';
import { NETWORK } from './network.js';
import { PAUSES } from './pauses.js';

export const SCENARIOS: readonly Scenario[] = [...CRASHES, ...PAUSES, ...NETWORK, ...DATA, ...DATA_LOSSES, ...ACCESS, ...FAILOVERS, ...GROUPS];
