import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { osKeyStore, softwareKeyStore, type OsSecrets } from "../../../electron/keys/key-store.ts";
import { checkNewPin } from "../../../electron/keys/pin.ts";
import { makeUnlockedKey } from "../../../electron/keys/unlocked-key.ts";

const CHEAP = { n: 2, r: 8, p: 1 };
const PIN = "730415";

function makeOs(over: Partial<OsSecrets> = {}): OsSecrets {
  const mask = (bytes: Uint8Array) => Uint8Array.from(bytes, (b) => b ^ 0x5a);
  return {
    backend: () => "gnome_libsecret",
    isAvailable: async () => true,
    encrypt: async (text) => mask(Buffer.from(text)),
    decrypt: async (bytes) => Buffer.from(mask(bytes)).toString(),
    ...over,
  };
}

describe("a new PIN", () => {
  it.each([
    "12345",
    "",
    "abcdef",
    "12 456",
    "777777",
    "123456",
    "987654",
    "890123",
    "121212",
    "123123",
    "0".repeat(65),
  ])("is refused when it is %j", (pin) => {
    expect(() => {
      checkNewPin(pin);
    }).toThrow(expect.objectContaining({ code: "E_CLI_PIN_WEAK" }));
  });

  it.each(["730415", "112358", "90210417"])("may be %s", (pin) => {
    expect(() => {
      checkNewPin(pin);
    }).not.toThrow();
  });
});

describe("the operating system's key store", () => {
  it("gives the same key back for the PIN and the context it was protected with", async () => {
    const store = osKeyStore(makeOs(), randomBytes, CHEAP);
    const made = store.make();
    const stored = await store.protect(made, PIN, "context");
    const opened = await store.open(stored, PIN, "context");
    expect(makeUnlockedKey(opened.privateKey, "os").kid).toBe(makeUnlockedKey(made.privateKey, "os").kid);
    expect(opened.secret).toEqual(new Uint8Array(made.secret));
  });

  it("does not open with another PIN, nor when what the key trusts was changed", async () => {
    const store = osKeyStore(makeOs(), randomBytes, CHEAP);
    const stored = await store.protect(store.make(), PIN, "context");
    await expect(store.open(stored, "730416", "context")).rejects.toMatchObject({ code: "E_CLI_PIN" });
    await expect(store.open(stored, PIN, "other directory")).rejects.toMatchObject({ code: "E_CLI_PIN" });
  });

  it("needs both the operating system and the PIN", async () => {
    const os = osKeyStore(makeOs(), randomBytes, CHEAP);
    const stored = await os.protect(os.make(), PIN, "context");
    await expect(softwareKeyStore(randomBytes, CHEAP).open(stored, PIN, "context")).rejects.toMatchObject({
      code: "E_CLI_PIN",
    });
  });

  it.each(["basic_text", "unknown", ""])("fails closed on the backend %j", async (backend) => {
    const store = osKeyStore(makeOs({ backend: () => backend }), randomBytes, CHEAP);
    await expect(store.check()).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
    await expect(store.protect(store.make(), PIN, "context")).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
  });

  it("fails closed when a backend is named but not available", async () => {
    const store = osKeyStore(makeOs({ isAvailable: async () => false }), randomBytes, CHEAP);
    await expect(store.check()).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
  });

  it("refuses a key that another backend wrapped, or that the backend cannot read any more", async () => {
    let backend = "gnome_libsecret";
    const os = makeOs({ backend: () => backend });
    const store = osKeyStore(os, randomBytes, CHEAP);
    const stored = await store.protect(store.make(), PIN, "context");
    backend = "kwallet5";
    await expect(store.open(stored, PIN, "context")).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
    backend = "gnome_libsecret";
    const broken = osKeyStore(
      {
        ...os,
        decrypt: async () => {
          throw new Error("keychain was reset");
        },
      },
      randomBytes,
      CHEAP,
    );
    await expect(broken.open(stored, PIN, "context")).rejects.toMatchObject({ code: "E_CLI_KEYSTORE" });
  });

  it("does not let a changed file choose how much memory to spend", async () => {
    const store = softwareKeyStore(randomBytes, CHEAP);
    const stored = await store.protect(store.make(), PIN, "context");
    for (const n of [2 ** 21, 3, 1, 0]) {
      await expect(store.open({ ...stored, pin: { ...stored.pin, n } }, PIN, "context")).rejects.toMatchObject({
        code: "E_CLI_KEYSTORE",
      });
    }
  });
});

describe("an unlocked key", () => {
  it("signs nothing after lock", async () => {
    const key = makeUnlockedKey(softwareKeyStore(randomBytes, CHEAP).make().privateKey, "software");
    expect(await key.sign("countersign-decision+jwt", { a: 1 })).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}$/);
    key.lock();
    await expect(key.sign("countersign-decision+jwt", { a: 1 })).rejects.toMatchObject({ code: "E_CLI_LOCKED" });
  });
});
