/** Runs tests as if the process lived elsewhere: times must not depend on it, and twice did in libraries that were tried. */

import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';

/** Each with the UTC offset, in minutes as Date counts them, that it has in July 2026: proof that the change took effect. */
const PROCESS_ZONES = { UTC: 0, 'America/New_York': 240, 'Australia/Lord_Howe': -630 };

export function inEveryProcessZone(declareTests: (processZone: string) => void): void {
  for (const [zone, julyOffset] of Object.entries(PROCESS_ZONES))
    describe(`with TZ=${zone}`, () => {
      const own = process.env.TZ;
      before(() => {
        process.env.TZ = zone;
        assert.equal(new Date(2026, 6, 1).getTimezoneOffset(), julyOffset, `the process did not take TZ=${zone}`);
      });
      after(() => {
        if (own === undefined) delete process.env.TZ;
        else process.env.TZ = own;
      });
      declareTests(zone);
    });
}
