import koffi from "koffi";

import type { Attribute, Cryptoki } from "./cryptoki-port.ts";
import { tokenFault } from "./token-fault.ts";

/** The part of PKCS#11 (OASIS, 2.40) that signing with a card needs. Names and numbers are the standard's. */

export const CKF = { TOKEN_PRESENT: 1, USER_PIN_INITIALIZED: 0x8, TOKEN_INITIALIZED: 0x400 } as const;
const CKF_SERIAL_SESSION = 4;
const CKF_RW_SESSION = 2;
const CKU_USER = 1;
/** States of a session at which its user is logged in: CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS. */
const CKS_USER: readonly number[] = [1, 3];
export const CKM = { EC_KEY_PAIR_GEN: 0x1040, ECDSA: 0x1041 } as const;
const CKK_EC = 3;
const CKA_KEY_TYPE = 0x100;

// Windows packs these structures to one byte (PKCS#11 2.40, 2.1); elsewhere the C compiler's own alignment holds.
const structure = process.platform === "win32" ? koffi.pack : koffi.struct;
structure("CK_ATTRIBUTE", { type: "unsigned long", pValue: "void *", ulValueLen: "unsigned long" });
structure("CK_MECHANISM", { mechanism: "unsigned long", pParameter: "void *", ulParameterLen: "unsigned long" });
const ULONG_BYTES = koffi.sizeof("unsigned long");
const MOST_SLOTS = 64;
const MOST_OBJECTS = 16;
const LONGEST_VALUE = 4096;

const functions = (library: ReturnType<typeof koffi.load>) => {
  const call = (declaration: string) => {
    const f = library.func(`unsigned long ${declaration}`);
    const name = declaration.slice(0, declaration.indexOf("("));
    return (...args: readonly unknown[]): void => {
      const rv: unknown = f(...args);
      if (rv !== 0) throw tokenFault(typeof rv === "number" ? rv : -1, name);
    };
  };
  return {
    initialize: call("C_Initialize(void *)"),
    finalize: call("C_Finalize(void *)"),
    getSlotList: call("C_GetSlotList(uint8_t, _Out_ unsigned long *, _Inout_ unsigned long *)"),
    getTokenInfo: call("C_GetTokenInfo(unsigned long, void *)"),
    openSession: call("C_OpenSession(unsigned long, unsigned long, void *, void *, _Out_ unsigned long *)"),
    login: call("C_Login(unsigned long, unsigned long, void *, unsigned long)"),
    logout: call("C_Logout(unsigned long)"),
    getSessionInfo: call("C_GetSessionInfo(unsigned long, void *)"),
    createObject: call("C_CreateObject(unsigned long, CK_ATTRIBUTE *, unsigned long, _Out_ unsigned long *)"),
    destroyObject: call("C_DestroyObject(unsigned long, unsigned long)"),
    generateKeyPair: call(
      "C_GenerateKeyPair(unsigned long, CK_MECHANISM *, CK_ATTRIBUTE *, unsigned long, CK_ATTRIBUTE *, unsigned long, _Out_ unsigned long *, _Out_ unsigned long *)",
    ),
    getAttributeValue: call("C_GetAttributeValue(unsigned long, unsigned long, _Inout_ CK_ATTRIBUTE *, unsigned long)"),
    findObjectsInit: call("C_FindObjectsInit(unsigned long, CK_ATTRIBUTE *, unsigned long)"),
    findObjects: call("C_FindObjects(unsigned long, _Out_ unsigned long *, unsigned long, _Out_ unsigned long *)"),
    findObjectsFinal: call("C_FindObjectsFinal(unsigned long)"),
    signInit: call("C_SignInit(unsigned long, CK_MECHANISM *, unsigned long)"),
    sign: call("C_Sign(unsigned long, void *, unsigned long, void *, _Inout_ unsigned long *)"),
  };
};

function ulong(value: number): Buffer {
  const bytes = Buffer.alloc(ULONG_BYTES);
  bytes.writeUInt32LE(value);
  return bytes;
}

const template = (attributes: readonly Attribute[]) =>
  attributes.map(([type, value]) => {
    const bytes =
      typeof value === "boolean"
        ? Buffer.of(value ? 1 : 0)
        : typeof value === "number"
          ? ulong(value)
          : Buffer.from(value);
    return { type, pValue: bytes, ulValueLen: bytes.length };
  });
const mechanism = (name: number) => ({ mechanism: name, pParameter: null, ulParameterLen: 0 });
const text = (bytes: Buffer): string => bytes.toString("utf8").trimEnd();

/**
 * Loads a module and initialises it.
 * @throws CountersignError `E_CLI_TOKEN_MODULE` when it is no PKCS#11 module or does not start
 */
export function loadCryptoki(file: string): Cryptoki {
  let c: ReturnType<typeof functions>;
  try {
    c = functions(koffi.load(file));
    c.initialize(null);
  } catch (cause) {
    throw tokenFault("module", file, cause);
  }
  const out = (): number[] => [0];
  const first = (from: readonly number[]): number => from[0] ?? 0;
  return {
    tokens() {
      const slots = new Array<number>(MOST_SLOTS).fill(0);
      const count = [MOST_SLOTS];
      c.getSlotList(CKF.TOKEN_PRESENT, slots, count);
      return slots.slice(0, first(count)).flatMap((slot) => {
        const info = Buffer.alloc(512);
        c.getTokenInfo(slot, info);
        // CK_TOKEN_INFO: label 32, manufacturer 32, model 16, serial 16, then flags.
        const flags = info.readUInt32LE(96);
        const isUsable = (flags & CKF.TOKEN_INITIALIZED) !== 0 && (flags & CKF.USER_PIN_INITIALIZED) !== 0;
        return isUsable ? [{ slot, label: text(info.subarray(0, 32)), serial: text(info.subarray(80, 96)) }] : [];
      });
    },
    openSession(slot) {
      const handle = out();
      c.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, null, null, handle);
      return first(handle);
    },
    login(session, pin) {
      const bytes = Buffer.from(pin, "utf8");
      try {
        c.login(session, CKU_USER, bytes, bytes.length);
      } finally {
        bytes.fill(0);
      }
    },
    logout(session) {
      c.logout(session);
    },
    isLoggedIn(session) {
      // CK_SESSION_INFO: slot, state, flags, error; a CK_ULONG each.
      const info = Buffer.alloc(4 * ULONG_BYTES);
      c.getSessionInfo(session, info);
      return CKS_USER.includes(info.readUInt32LE(ULONG_BYTES));
    },
    generateKeyPair(session, pub, prv) {
      const [a, b] = [out(), out()];
      const kind: Attribute = [CKA_KEY_TYPE, CKK_EC];
      const [publicTemplate, privateTemplate] = [template([...pub, kind]), template([...prv, kind])];
      c.generateKeyPair(
        session,
        mechanism(CKM.EC_KEY_PAIR_GEN),
        publicTemplate,
        publicTemplate.length,
        privateTemplate,
        privateTemplate.length,
        a,
        b,
      );
      return { pub: first(a), prv: first(b) };
    },
    createObject(session, attributes) {
      const handle = out();
      c.createObject(session, template(attributes), attributes.length, handle);
      return first(handle);
    },
    destroyObject(session, object) {
      c.destroyObject(session, object);
    },
    find(session, attributes) {
      c.findObjectsInit(session, template(attributes), attributes.length);
      try {
        const handles = new Array<number>(MOST_OBJECTS).fill(0);
        const count = out();
        c.findObjects(session, handles, MOST_OBJECTS, count);
        return handles.slice(0, first(count));
      } finally {
        c.findObjectsFinal(session);
      }
    },
    value(session, object, type) {
      const bytes = Buffer.alloc(LONGEST_VALUE);
      const query = [{ type, pValue: bytes, ulValueLen: bytes.length }];
      c.getAttributeValue(session, object, query, 1);
      return new Uint8Array(bytes.subarray(0, query[0]?.ulValueLen ?? 0));
    },
    signEcdsa(session, key, digest) {
      c.signInit(session, mechanism(CKM.ECDSA), key);
      const signature = Buffer.alloc(128);
      const length = [signature.length];
      c.sign(session, Buffer.from(digest), digest.length, signature, length);
      return new Uint8Array(signature.subarray(0, first(length)));
    },
    close() {
      c.finalize(null);
    },
  };
}
