import { CountersignError } from "#shared/protocol/error.ts";

import type { KeyStore } from "./key-store.ts";
import type { Known, Unlocked } from "./keyring.ts";
import { nextContext, type Enrolment, type People, type StoredNext, type StoredPerson } from "./people.ts";
import type { UnlockedKey } from "./unlocked-key.ts";
import { keyOf, type KeyMaterial } from "./wrapped-key.ts";

/**
 * A key on its way to replace another (protocol.md 3.13). Until {@link Replacement.keep} has returned the old key's file is
 * whole, and from the moment in which it is gone the new one's is: a crash leaves one of them, never neither.
 */
export interface Replacement {
  /** The key that is replaced, for its word about the new one. */
  readonly old: UnlockedKey;
  readonly next: UnlockedKey;
  /**
   * Puts the new key in the old one's place, with the credential that the directory signed for it.
   * @throws CountersignError `E_AUTH_CRED`, `E_CLI_KEYSTORE`, or what the file system says; then the old key stays
   */
  keep(enrolment: Enrolment): Promise<Unlocked>;
  /** The directory will never sign for the new key: it is forgotten. */
  drop(): Promise<void>;
  /** Gives both up in memory; the new key waits on the disk. */
  close(): void;
}

/** Tells the keyring what became of it. */
interface ReplacementEvents {
  onWaits(next: StoredNext | undefined): void;
  /** @throws CountersignError `E_AUTH_CRED` */
  check(kept: StoredPerson): Known;
  onKept(kept: StoredPerson): void;
}

export async function makeReplacement(
  parts: {
    readonly old: KeyMaterial;
    readonly keyStore: KeyStore;
    readonly pin: string;
    readonly people: People;
    readonly waiting: StoredNext | undefined;
  },
  file: StoredPerson,
  events: ReplacementEvents,
): Promise<Replacement> {
  const { keyStore, pin, people, waiting } = parts;
  const { kid: replaces, storage } = file.enrolment;
  const old = keyOf(parts.old, storage);
  let material: KeyMaterial | undefined;
  try {
    // The files of the person go on: the new key opens them with the same secret.
    material = waiting
      ? await keyStore.open(waiting.key, pin, waiting.context)
      : await keyStore.make(pin, parts.old.secret);
    const made = material;
    const next = keyOf(made, storage);
    if (waiting && next.kid !== waiting.kid) throw new CountersignError("E_CLI_KEYSTORE");
    if (!waiting) {
      const context = nextContext(next.kid, replaces);
      const fresh = { kid: next.kid, replaces, context, key: await keyStore.protect(made, pin, context) };
      await people.saveNext(fresh);
      events.onWaits(fresh);
    }
    const close = (): void => {
      old.lock();
      next.lock();
      made.secret.fill(0);
    };
    return {
      old,
      next,
      async keep(enrolment) {
        const context = JSON.stringify(enrolment);
        const key = await keyStore.protect(made, pin, context);
        const known = events.check({ enrolment, context, key });
        const kept = await people.save(enrolment, key);
        events.onKept(kept);
        events.onWaits(undefined);
        // What cannot be removed now is hidden by the new file, and removed when that is unlocked.
        await people.remove(replaces).catch(() => undefined);
        await forget(keyStore, file, pin).catch(() => undefined);
        old.lock();
        return { known, key: next, secret: made.secret };
      },
      async drop() {
        if ("token" in made) await made.forget().catch(() => undefined);
        close();
        await people.removeNext(replaces);
        events.onWaits(undefined);
      },
      close,
    };
  } catch (error) {
    old.lock();
    if (material && "token" in material) {
      if (!waiting) await material.forget().catch(() => undefined);
      material.token.lock();
    }
    material?.secret.fill(0);
    throw error;
  } finally {
    parts.old.secret.fill(0);
  }
}

/** Takes a key that was replaced off its card. What cannot be taken off now stays there unused. */
async function forget(keyStore: KeyStore, { key, context }: StoredPerson, pin: string): Promise<void> {
  if (!keyStore.pinIsTheCards) return;
  const material = await keyStore.open(key, pin, context);
  try {
    if ("token" in material) await material.forget();
  } finally {
    if ("token" in material) material.token.lock();
    material.secret.fill(0);
  }
}
