import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { softwareKeyStore } from "../../../electron/keys/key-store.ts";
import { makePeople, type Enrolment } from "../../../electron/keys/people.ts";
import { makeHospital } from "../hospital.ts";
import { outOfReach } from "../unreadable-file.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";

const store = softwareKeyStore(randomBytes, { n: 2, r: 8, p: 1 });
const PIN = "730415";

async function arrange() {
  const folder = await makeTemporaryFolder();
  const people = makePeople(folder);
  const { directory } = makeHospital();
  const enrolment: Enrolment = {
    kid: "K".repeat(43),
    storage: "software",
    iss: "https://gateway.northgate.example",
    gateway_name: "Northgate Hospital",
    env: "demo",
    ws_endpoint: "wss://gateway.northgate.example/ws",
    credential: "a.b.c",
    directory_iss: "https://directory.northgate.example",
    directory: { ...directory.jwk },
  };
  const material = store.make();
  await people.save(enrolment, await store.protect(material, PIN, JSON.stringify(enrolment)));
  return { folder, people, enrolment, file: path.join(folder, `${enrolment.kid}.json`) };
}

describe("an enrolled person's file", () => {
  it("gives back what was saved", async () => {
    const { people, enrolment } = await arrange();
    const { people: loaded, damaged } = await people.load();
    expect(damaged).toEqual([]);
    expect(loaded.map((p) => p.enrolment)).toEqual([enrolment]);
    await expect(store.open(loaded[0]!.key, PIN, loaded[0]!.context)).resolves.toBeDefined();
  });

  it("is set aside and named when it is damaged, never regenerated", async () => {
    const { people, folder, file } = await arrange();
    const text = await readFile(file, "utf8");
    for (const bad of [text.slice(0, -20), "", "{}", text.replace("Northgate", "Southgate")]) {
      await writeFile(file, bad);
      expect(await people.load()).toEqual({ people: [], nexts: [], damaged: [path.basename(file)], unreadable: [] });
    }
    expect(await readdir(path.join(folder, "quarantine"))).toEqual([path.basename(file)]);
  });

  it("that cannot be read just now is named and stays where it is, and is there again once it can be", async () => {
    const { people, folder, file, enrolment } = await arrange();
    const mend = await outOfReach(file);
    const nothing = { people: [], nexts: [], damaged: [] };
    expect(await people.load()).toEqual({ ...nothing, unreadable: [path.basename(file)] });
    expect(await readdir(folder)).not.toContain("quarantine");
    await mend();
    expect((await people.load()).people.map((p) => p.enrolment)).toEqual([enrolment]);
  });

  it("does not unlock when someone exchanged the gateway or directory it trusts and mended the checksum", async () => {
    const { people, enrolment } = await arrange();
    const { people: before } = await people.load();
    const swapped = { ...enrolment, directory: { ...makeHospital().directory.jwk } };
    await people.save(swapped, before[0]!.key);
    const { people: after } = await people.load();
    expect(after[0]!.enrolment).toEqual(swapped);
    await expect(store.open(after[0]!.key, PIN, after[0]!.context)).rejects.toMatchObject({ code: "E_CLI_PIN" });
  });
});
