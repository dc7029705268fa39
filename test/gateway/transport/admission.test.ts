import { describe, expect, it } from "vitest";

import { Admission } from "../../../gateway/transport/admission.ts";
import { DEFAULT_LIMITS } from "../../../gateway/transport/limits.ts";
import { networkOf } from "../../../gateway/transport/network.ts";

const make = () => new Admission({ ...DEFAULT_LIMITS, handshakes: 8, handshakesPerAddress: 2 });

describe("places for sockets that have proved nothing", () => {
  it("go to one IPv6 network up to the half, whatever addresses it uses; the others keep theirs, and it may come back", () => {
    const admission = make();
    const taken = Array.from({ length: 6 }, (_, i) => admission.admit(`2001:db8:1:2::${String(i)}`));
    expect(taken.map((one) => one !== undefined)).toEqual([true, true, true, true, false, false]);
    for (const other of ["2001:db8:1:3::1", "192.0.2.1", "::1"]) expect(admission.admit(other)).toBeDefined();
    taken[0]?.proved();
    expect(admission.admit("2001:db8:1:2::9")).toBeDefined();
    taken[1]?.left();
    taken[1]?.left();
    expect([admission.admit("2001:db8:1:2::a"), admission.admit("2001:db8:1:2::b")].filter(Boolean)).toHaveLength(1);
  });

  it("are not shared by IPv4 addresses, under whichever name", () => {
    const admission = make();
    for (let i = 0; i < 6; i++) expect(admission.admit(`::ffff:192.0.2.${String(i)}`)).toBeDefined();
    expect(admission.admit("192.0.2.7")).toBeDefined();
  });
});

it.each([
  ["2001:db8:1:2::1", "2001:DB8:1:2:a:b:c:d", true],
  ["2001:db8::1", "2001:db8:0:0:9::", true],
  ["2001:db8:0:0:0:0:0:1", "2001:db8::", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["::1", "127.0.0.1", false],
  ["fe80::1%eth0", "fe80::2%eth0", true],
  ["fe80::1%eth0", "fe80::1%eth1", false],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
  ["", "192.0.2.1", false],
])("%s and %s are of one network: %s", (one, other, same) => {
  expect(networkOf(one) === networkOf(other)).toBe(same);
});
