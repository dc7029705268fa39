import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import type { Clock } from "../clock.ts";
import { isMissing, makeFolder, replaceFile } from "../journal/durable.ts";
import { Fields } from "../journal/fields.ts";
import type { Known } from "../keys/keyring.ts";
import { vaultOf, type Enrolment } from "../keys/people.ts";

const YEAR_S = 365 * 86_400;
const ENDING = ".practised";

/** As much of somebody who is enrolled here as tells them apart. */
export interface Enrolled {
  readonly enrolment: Pick<Enrolment, "kid" | "vault" | "directory_iss">;
  readonly claims: Pick<Known["claims"], "sub">;
}

/**
 * Who has been through the practice on this workstation: one small file beside each enrolment, which goes on when its key is
 * replaced. It holds a time, and the person's name as a digest; nothing of what they decided. Unsigned, because it guards
 * nothing: what cannot be read means that the practice is asked for again.
 */
export interface Practised {
  isDone(known: Enrolled): Promise<boolean>;
  /** Passed by this person in the last twelve months, with this key or another (approval-experience.md S1). */
  hasPassedLately(known: Enrolled): Promise<boolean>;
  keep(known: Enrolled, passed: boolean): Promise<void>;
}

export function makePractised(folder: string, clock: Clock): Practised {
  const nowS = () => Math.floor(clock.nowMs() / 1000);
  const nameOf = ({ enrolment }: Enrolled): string => `${vaultOf(enrolment)}${ENDING}`;

  async function read(name: string): Promise<Entry | undefined> {
    try {
      const fields = new Fields(await readFile(path.join(folder, name)));
      const [person, at] = [fields.text("person"), fields.integer("at")];
      return { person, at, passed: fields.oneOf("how", ["passed", "skipped"]) === "passed" };
    } catch {
      return undefined;
    }
  }

  return {
    isDone: async (known) => (await read(nameOf(known))) !== undefined,
    async hasPassedLately(known) {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      const all = await Promise.all(names.filter((name) => name.endsWith(ENDING)).map(read));
      const [person, now] = [personOf(known), nowS()];
      return all.some((one) => one?.person === person && one.passed && one.at <= now && now - one.at < YEAR_S);
    },
    async keep(known, passed) {
      const entry = { v: 1, person: personOf(known), at: nowS(), how: passed ? "passed" : "skipped" };
      await makeFolder(folder);
      await replaceFile(path.join(folder, nameOf(known)), Buffer.from(JSON.stringify(entry)));
    },
  };
}

interface Entry {
  readonly person: string;
  readonly at: number;
  readonly passed: boolean;
}

const personOf = ({ enrolment, claims }: Enrolled): string =>
  createHash("sha256").update(`${enrolment.directory_iss}\0${claims.sub}`).digest("base64url");
