import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { answer, run, serve } from "./command.ts";
import { open, type Hospital } from "./hospital.ts";
import { readNote } from "./log.ts";
import type { Person } from "./person.ts";
import { smallDisk } from "./small-disk.ts";

/** `gateway backup`, on real processes: what an operator types, and what a stranger can check of what it made. */

let hospital: Hospital;
let lee: Person;

beforeEach(async () => {
  hospital = await open();
  lee = await hospital.enrol("lee");
});
afterEach(async () => await hospital.close());

const at = (name: string): string => path.join(hospital.folder, name);
const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);

interface Held {
  readonly format: string;
  readonly keys: boolean;
  readonly log: { readonly vkey: string; readonly entries: number; readonly checkpoint: string };
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}
const held = (folder: string): Held => JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8")) as Held;

describe("gateway backup", () => {
  it("works while the gateway serves, says what it holds, and holds every request that was raised before", async () => {
    const rid = await hospital.raise("order");
    const made = await answer(["gateway", "backup", "--to", at("copy")], hospital.env);
    expect(made).toMatchObject({
      ok: true,
      backup: at("copy"),
      keys: false,
      not_in_it: [at("directory")],
    });
    const { format, log, files } = held(at("copy"));
    expect(format).toBe("countersign-backup/1");
    const { size } = readNote(log.checkpoint, lee.pinned.gateway.log.vkey);
    expect([made["checkpoint"], made["entries"]]).toEqual([size, log.entries]);
    for (const { path: name, bytes, sha256 } of files) {
      const content = readFileSync(path.join(at("copy"), name));
      expect([content.length, createHash("sha256").update(content).digest("hex")], name).toEqual([bytes, sha256]);
    }
    expect(readFileSync(path.join(at("copy"), "gateway.sqlite")).includes(rid)).toBe(true);
    // It went on serving meanwhile.
    expect(await hospital.state(rid)).toBe("open");
    expect((await fetch(`${hospital.url}/readyz`)).status).toBe(200);
  });

  it("is for its owner alone, and holds private keys only when asked to", async () => {
    await answer(["gateway", "backup", "--to", at("plain")], hospital.env);
    await hospital.serving.stop();
    const made = await answer(["gateway", "backup", "--to", at("keys"), "--with-keys"], hospital.env);
    expect(made["keys"]).toBe(true);
    const names = (folder: string): readonly string[] => readdirSync(at(folder)).sort();
    const plain = [
      ...["agents.json", "checkpoint", "gateway.json", "gateway.sqlite"],
      ...["manifest.json", "manifest.note", "policy.jws", "registration.json"],
    ];
    expect(names("plain")).toEqual(plain);
    const keys = ["agents-door.key", "log-key.jwk", "request-key.jwk", "store.key", "token-key.jwk"];
    expect(names("keys")).toEqual([...plain, ...keys].sort());
    for (const folder of ["plain", "keys"]) {
      expect(mode(at(folder))).toBe("700");
      for (const name of names(folder)) expect(mode(path.join(at(folder), name)), name).toBe("600");
    }
  });

  it("writes over nothing", async () => {
    mkdirSync(at("copy"));
    const { status, err } = await run(["gateway", "backup", "--to", at("copy")], hospital.env);
    expect([status, err]).toEqual([
      2,
      expect.stringMatching(/^E_CLI_INPUT: [^\n]*exists already\. Nothing was changed\.\n$/),
    ]);
    expect(readdirSync(at("copy"))).toEqual([]);
    const nowhere = await run(["gateway", "backup", "--to", at("no/copy")], hospital.env);
    expect([nowhere.status, nowhere.err]).toEqual([
      2,
      expect.stringMatching(/^E_CLI_INPUT: [^\n]*does not exist\.\n$/),
    ]);
  });

  it("leaves nothing that looks like a backup on a full disk, and the gateway serves on", async (context) => {
    const disk = smallDisk(at("small"), 64 * 1024);
    context.skip(disk === undefined, "a small disk cannot be mounted here");
    try {
      for (const isServing of [true, false]) {
        if (!isServing) await hospital.serving.stop();
        const { status, err } = await run(["gateway", "backup", "--to", at("small/copy")], hospital.env);
        expect([status, err]).toEqual([
          1,
          expect.stringMatching(/^E_STORE_FULL: There is no room on the disk that holds /),
        ]);
        expect(readdirSync(at("small"))).toEqual([]);
      }
      const serving = await serve(hospital.env);
      expect((await fetch(`${String(serving.line["url"])}/readyz`)).status).toBe(200);
      await serving.stop();
    } finally {
      disk?.unmount();
    }
    expect(existsSync(at("small/copy"))).toBe(false);
  });
});
