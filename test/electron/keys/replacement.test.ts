import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { makeKeyring, type Keyring } from "../../../electron/keys/keyring.ts";
import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { makePeople, type Enrolment, type People } from "../../../electron/keys/people.ts";
import { keyOf } from "../../../electron/keys/wrapped-key.ts";
import { crypto, DIRECTORY_ISS, GATEWAY_ISS, makeHospital, type Hospital } from "../hospital.ts";
import { makeManualClock } from "../manual-clock.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { outOfReach } from "../unreadable-file.ts";

const PIN = "730415";
const store = softwareKeyStore(randomBytes, { n: 2, r: 8, p: 1 });

const open = async (people: People) => {
  const keyring = makeKeyring({ crypto, clock: makeManualClock(), people, stores: [store], accepts: "demo" });
  const { damaged } = await keyring.load();
  return { keyring, damaged };
};

const enrolmentsIn = (keyring: Keyring) =>
  keyring.people().flatMap(({ enrolments }) => enrolments.map(({ enrolment }) => enrolment));

const unlock = async (keyring: Keyring, kid: string) => {
  const [opening] = await keyring.unlock(kid, PIN);
  if (!opening || "fault" in opening) throw new Error("did not open");
  return opening;
};

function enrolmentOf(hospital: Hospital, jwk: Parameters<typeof crypto.importKey>[0], over: Partial<Enrolment> = {}) {
  return {
    kid: crypto.importKey(jwk).kid,
    storage: "software",
    iss: GATEWAY_ISS,
    gateway_name: "Northgate Hospital",
    env: "demo",
    ws_endpoint: "ws://127.0.0.1:1/",
    credential: hospital.approverCredential(jwk),
    directory_iss: DIRECTORY_ISS,
    directory: { ...hospital.directory.jwk },
    ...over,
  } as const satisfies Enrolment;
}

/** One person with a key, and files of their own. */
async function arrange() {
  const folder = path.join(await makeTemporaryFolder(), "people");
  const people = makePeople(folder);
  const hospital = makeHospital();
  const { keyring } = await open(people);
  const material = store.make();
  const secret = Buffer.from(material.secret);
  const old = enrolmentOf(hospital, keyOf(material, "software").jwk);
  await keyring.add(old, material, PIN);
  const successor = (jwk: Parameters<typeof crypto.importKey>[0]) =>
    enrolmentOf(hospital, jwk, { replaces: old.kid, vault: old.kid });
  return { folder, people, hospital, keyring, secret, old, successor };
}

/** Files that stop working at the `n`th change, as when the power goes: nothing after it is done. */
function crashing(people: People, n: number): People {
  let left = n;
  const guard =
    <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      left-- > 0 ? change(...args) : Promise.reject(new Error("the power is gone"));
  return {
    ...people,
    save: guard((...args: Parameters<People["save"]>) => people.save(...args)),
    saveNext: guard((...args: Parameters<People["saveNext"]>) => people.saveNext(...args)),
    removeNext: guard((...args: Parameters<People["removeNext"]>) => people.removeNext(...args)),
    remove: guard((...args: Parameters<People["remove"]>) => people.remove(...args)),
  };
}

describe("a key that is replaced", () => {
  it("gives its place to the new one, which opens the same files", async () => {
    const t = await arrange();
    const replacement = await t.keyring.replace(t.old.kid, PIN);
    expect(t.keyring.nextOf(t.old.kid)).toBe(replacement.next.kid);
    const next = t.successor(replacement.next.jwk);
    const kept = await replacement.keep(next);
    expect(kept.known.person.kid).toBe(next.kid);
    expect(Buffer.from(kept.secret).equals(t.secret)).toBe(true);
    await expect(replacement.old.sign("countersign-enrol+jwt", {})).rejects.toMatchObject({ code: "E_CLI_LOCKED" });
    expect(await readdir(t.folder)).toEqual([`${next.kid}.json`]);

    const { keyring, damaged } = await open(t.people);
    expect([damaged, enrolmentsIn(keyring)]).toEqual([[], [next]]);
    const unlocked = await unlock(keyring, next.kid);
    expect(unlocked.key.kid).toBe(next.kid);
    expect(Buffer.from(unlocked.secret).equals(t.secret)).toBe(true);
    await expect(keyring.unlock(t.old.kid, PIN)).rejects.toMatchObject({ code: "E_CLI_NOT_FOUND" });
  });

  it("needs the PIN, and makes nothing without it", async () => {
    const t = await arrange();
    await expect(t.keyring.replace(t.old.kid, "000001")).rejects.toMatchObject({ code: "E_CLI_PIN" });
    expect(t.keyring.nextOf(t.old.kid)).toBeUndefined();
    expect((await readdir(t.folder)).filter((name) => name.includes("next"))).toEqual([]);
  });

  it("goes on with the same new key after a lock or a restart", async () => {
    const t = await arrange();
    const first = await t.keyring.replace(t.old.kid, PIN);
    const { kid } = first.next;
    first.close();
    await expect(first.next.sign("countersign-enrol+jwt", {})).rejects.toMatchObject({ code: "E_CLI_LOCKED" });
    expect((await t.keyring.replace(t.old.kid, PIN)).next.kid).toBe(kid);
    const { keyring } = await open(t.people);
    expect(keyring.nextOf(t.old.kid)).toBe(kid);
    const again = await keyring.replace(t.old.kid, PIN);
    expect(again.next.kid).toBe(kid);
    const kept = await again.keep(t.successor(again.next.jwk));
    expect(Buffer.from(kept.secret).equals(t.secret)).toBe(true);
  });

  it("is not made anew over the one that waits while that cannot be read", async () => {
    const t = await arrange();
    const first = await t.keyring.replace(t.old.kid, PIN);
    const mend = await outOfReach(path.join(t.folder, `${t.old.kid}.next.json`));
    const { keyring } = await open(t.people);
    await expect(keyring.replace(t.old.kid, PIN)).rejects.toMatchObject({ code: "E_CLI_DISK" });
    expect((await unlock(keyring, t.old.kid)).key.kid).toBe(t.old.kid);
    await mend();
    expect((await open(t.people)).keyring.nextOf(t.old.kid)).toBe(first.next.kid);
  });

  it("is as before when the directory will not sign", async () => {
    const t = await arrange();
    const replacement = await t.keyring.replace(t.old.kid, PIN);
    const { kid } = replacement.next;
    await replacement.drop();
    expect(t.keyring.nextOf(t.old.kid)).toBeUndefined();
    expect(await readdir(t.folder)).toEqual([`${t.old.kid}.json`]);
    expect((await unlock(t.keyring, t.old.kid)).key.kid).toBe(t.old.kid);
    expect((await t.keyring.replace(t.old.kid, PIN)).next.kid).not.toBe(kid);
  });

  it("stays when the credential is another person's key's, or another directory's", async () => {
    const t = await arrange();
    const replacement = await t.keyring.replace(t.old.kid, PIN);
    const next = t.successor(replacement.next.jwk);
    for (const credential of [t.old.credential, makeHospital().approverCredential(replacement.next.jwk)]) {
      await expect(replacement.keep({ ...next, credential })).rejects.toMatchObject({ code: "E_AUTH_CRED" });
    }
    const { keyring } = await open(t.people);
    expect(enrolmentsIn(keyring).map(({ kid }) => kid)).toEqual([t.old.kid]);
  });

  it.each([0, 1, 2])("or its successor opens after a crash at change %i of the files, never neither", async (n) => {
    const t = await arrange();
    const broken = await open(crashing(t.people, n));
    const done = broken.keyring.replace(t.old.kid, PIN).then((r) => r.keep(t.successor(r.next.jwk)));
    await done.catch(() => undefined);

    const { keyring, damaged } = await open(t.people);
    expect(damaged).toEqual([]);
    const [known, another] = enrolmentsIn(keyring);
    expect(another).toBeUndefined();
    expect(known!.kid === t.old.kid).toBe(n < 2);
    const unlocked = await unlock(keyring, known!.kid);
    expect(Buffer.from(unlocked.secret).equals(t.secret)).toBe(true);
    // What the crash left of the old key is gone with the first unlock of the new one.
    const left = (await readdir(t.folder)).filter((name) => name.endsWith(".json") && !name.endsWith(".next.json"));
    expect(left).toEqual([`${known!.kid}.json`]);
  });

  it("is not hidden by a file that only claims to replace it", async () => {
    const t = await arrange();
    const foreign = makeHospital();
    const material = store.make();
    const claim = enrolmentOf(foreign, keyOf(material, "software").jwk, { replaces: t.old.kid, vault: t.old.kid });
    await t.people.save(claim, await store.protect(material, PIN, JSON.stringify(claim)));
    const { keyring } = await open(t.people);
    expect(enrolmentsIn(keyring).map(({ kid }) => kid)).toContain(t.old.kid);
    await keyring.unlock(claim.kid, PIN);
    expect(await readdir(t.folder)).toContain(`${t.old.kid}.json`);
  });

  it("has no files under a name that leaves its folder", async () => {
    const t = await arrange();
    const material = store.make();
    const bad = { ...enrolmentOf(t.hospital, keyOf(material, "software").jwk), vault: "../../elsewhere" };
    await t.people.save(bad, await store.protect(material, PIN, JSON.stringify(bad)));
    expect((await open(t.people)).damaged).toEqual([`${bad.kid}.json`]);
  });
});
