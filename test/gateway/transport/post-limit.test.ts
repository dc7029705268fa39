import { expect, it } from "vitest";

import { makePostLimit } from "../../../gateway/transport/http/post-limit.ts";

/** Posts of people who have proved nothing (T-34). */

const LIMITS = { messagesPerSecond: 1, messageBurst: 2 };
const admitted = (admit: (address: string) => boolean, addresses: readonly string[]): number =>
  addresses.filter(admit).length;

it("are bounded for an IPv6 network, whatever addresses of it are used, and other networks and addresses have theirs", () => {
  let now = 0;
  const admit = makePostLimit(LIMITS, () => now);
  const many = Array.from({ length: 100 }, (_, i) => `2001:db8:1:2::${i.toString(16)}`);
  expect(admitted(admit, many)).toBe(16);
  expect(admitted(admit, ["2001:db8:1:3::1", "192.0.2.1", "::ffff:192.0.2.2", "::1"])).toBe(4);
  now = 1000;
  expect(admitted(admit, many)).toBe(8);
});

it("are bounded for one address", () => {
  let now = 0;
  const admit = makePostLimit(LIMITS, () => now);
  expect(admitted(admit, ["192.0.2.1", "192.0.2.1", "192.0.2.1"])).toBe(2);
  expect(admitted(admit, ["2001:db8::1", "2001:db8::1", "2001:db8::1", "2001:db8::2"])).toBe(3);
  now = 1000;
  expect(admitted(admit, ["192.0.2.1", "192.0.2.1"])).toBe(1);
});
