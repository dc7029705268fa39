import { afterEach, expect, it } from "vitest";

import { answer } from "../blackbox/command.ts";
import { DIRECTORY, ASKING } from "../blackbox/hospital.ts";
import type { RequestClaims } from "../blackbox/objects.ts";
import type { Person, Live } from "../blackbox/person.ts";
import type { Message } from "../blackbox/socket.ts";
import { checkEverywhere, checkStopped } from "./everywhere.ts";
import { openSite, type Site } from "./site.ts";

/** Rows E2, E3 and E4 of the fault matrix (reliability.md 7): one person twice, a quorum that shrinks, and who asked. */

let site: Site;
afterEach(async () => await site.close());

/** What a person is asked in a new session. */
async function asked(person: Person, rid: string): Promise<{ live: Live; jws: string; claims: RequestClaims }> {
  const live = await site.hospital.connect(person);
  const isIt = (message: Message): boolean =>
    message.type === "action.pending" && person.request(message).claims.rid === rid;
  return { live, ...person.request(await live.socket.next(isIt)) };
}
async function said(person: Person, { socket }: Live, jws: string): Promise<string> {
  const { answer: got, receipt } = await person.submit(socket, jws);
  if (receipt === undefined) return String(got.body["code"]);
  return [receipt.result, receipt.code, receipt.outcome].filter((word) => word !== undefined).join(" ");
}

it("E2 one person at two workstations decides once: the second is told what it came to, the new key is flagged at the first, and one key has one session", async () => {
  site = await openSite();
  const { hospital, app } = site;
  const rid = await site.raise();
  await site.row(rid, "pending");
  // The same person enrols somewhere else.
  const elsewhere = await hospital.enrol("okafor");
  const isTold = () => app.events.all.some((event) => JSON.stringify(event).includes("key_added"));
  await expect.poll(isTold).toBe(true);
  const { live, jws } = await asked(elsewhere, rid);
  expect(await site.approve(rid)).toMatchObject({ ok: true });
  await site.row(rid, "executed");
  expect(await said(elsewhere, live, elsewhere.decide(jws, "approve"))).toMatch(
    /^rejected E_(ALREADY_DECIDED|REQ_TERMINAL) /,
  );
  // One key in two places: the older session ends with the reason.
  const again = await elsewhere.connect(hospital.wsUrl);
  expect(await live.socket.closed).toBe(4409);
  again.socket.close();
  await checkEverywhere(site, new Map([[rid, { decision: "approve", state: "completed" }]]));
});

it("E3 two of three are needed and the key of the first is revoked: their approval counts no more when the second comes, and nothing is executed before a third", async () => {
  site = await openSite({
    change: ({ annotate, tiers }) => {
      for (const id of ASKING) annotate(id, '@need("2")');
      for (const tier of Object.values(tiers)) tier.hold_s = 0;
    },
  });
  const { hospital } = site;
  const [lee, kim] = [await hospital.enrol("lee"), await hospital.enrol("kim")];
  const rid = await site.raise();
  await site.row(rid, "pending");
  const [one, two] = [await asked(lee, rid), await asked(kim, rid)];
  expect(await said(lee, one.live, lee.decide(one.jws, "approve"))).toBe("recorded partial");
  await answer(["directory", "revoke", lee.key.kid, "--reason", "lost"], hospital.env);
  expect([4401, 4403]).toContain(await one.live.socket.closed);
  await expect.poll(() => hospital.state(rid)).toBe("open");
  // It is asked anew: what was signed over the revision that held the lost approval joins nothing.
  expect(await said(kim, two.live, kim.decide(two.jws, "approve"))).toBe("rejected E_REQ_SUPERSEDED open");
  const anew = await asked(kim, rid);
  expect(anew.claims.rev).toBe(2);
  expect(await said(kim, anew.live, kim.decide(anew.jws, "approve"))).toBe("recorded partial");
  expect([await hospital.state(rid), hospital.record.writes]).toEqual(["partial", []]);
  // The third: the workstation.
  expect(await site.approve(rid)).toMatchObject({ ok: true });
  await site.row(rid, "executed");
  await expect.poll(() => hospital.state(rid)).toBe("completed");
  expect(hospital.record.writes.map(({ body }) => body)).toEqual([anew.claims.action.op.body]);
  await checkStopped(site);
});

it("E4 whoever answers for the agent cannot approve what it asks, by any client, and can deny it", async () => {
  site = await openSite();
  const { hospital } = site;
  const owner = await hospital.enrol("owner");
  expect(owner.claims.sub).toBe(`${DIRECTORY}/approvers/owner`);
  const rid = await site.raise();
  await site.row(rid, "pending");
  const { live, jws, claims } = await asked(owner, rid);
  expect(claims.policy.sod.exclude).toContain(owner.claims.sub);
  expect(await said(owner, live, owner.decide(jws, "approve"))).toBe("rejected E_SOD_EXCLUDED open");
  expect(await said(owner, live, owner.decide(jws, "deny"))).toBe("recorded denied");
  await site.row(rid, "decided_elsewhere");
  expect(hospital.record.writes).toEqual([]);
  await checkStopped(site);
});
