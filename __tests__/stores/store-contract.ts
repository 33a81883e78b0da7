import type { RevocationStore } from '../../lib/stores/store.js';
import { describeAuditLog } from './contract/audit-log.js';
import { describeBadArguments } from './contract/bad-arguments.js';
import { describeClosing } from './contract/closing.js';
import { describeConvergence } from './contract/convergence.js';
import { describeExpiry } from './contract/expiry.js';
import { describeLists } from './contract/lists.js';
import { describeOnce } from './contract/once.js';
import { describeRevocations } from './contract/revocations.js';
import { describeTracking } from './contract/tracking.js';

export interface StoreUnderTest {
  readonly store: RevocationStore;
  /** Ends what was started for the store, after it was closed. */
  readonly cleanUp?: () => Promise<void>;
}

/** All that is asked of a store, whatever it is made of. `open` gives a store with nothing in it. */
export function describeStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let subject: StoreUnderTest;
    const theStore = (): RevocationStore => subject.store;

    beforeEach(async () => {
      subject = await open();
      await subject.store.ready();
    });

    afterEach(async () => {
      await subject.store.close();
      await subject.cleanUp?.();
    });

    describeRevocations(theStore);
    describeConvergence(theStore);
    describeExpiry(theStore);
    describeBadArguments(theStore);
    describeAuditLog(theStore);
    describeTracking(theStore);
    describeLists(theStore);
    describeOnce(theStore);
    describeClosing(theStore);
  });
}
