import { safeStorage } from "electron";

import type { OsSecrets } from "../keys/key-store.ts";

/** What older Electrons offer in place of the asynchronous calls, which came with 43. */
interface Synchronous {
  isEncryptionAvailable(): boolean;
  encryptString(text: string): Buffer;
  decryptString(bytes: Buffer): string;
}

const hasAsync = (): boolean => typeof safeStorage.isAsyncEncryptionAvailable === "function";
const synchronous = (): Synchronous => safeStorage;

/** The operating system's secret store: Keychain, DPAPI, or what the Linux desktop offers. */
export function osSecrets(): OsSecrets {
  return {
    // Only Linux has several; what `basic_text` or `unknown` would mean is judged by the key store.
    backend: () => (process.platform === "linux" ? safeStorage.getSelectedStorageBackend() : process.platform),
    async isAvailable() {
      return hasAsync() ? safeStorage.isAsyncEncryptionAvailable() : synchronous().isEncryptionAvailable();
    },
    async encrypt(text) {
      return hasAsync() ? safeStorage.encryptStringAsync(text) : synchronous().encryptString(text);
    },
    async decrypt(bytes) {
      const sealed = Buffer.from(bytes);
      return hasAsync() ? (await safeStorage.decryptStringAsync(sealed)).result : synchronous().decryptString(sealed);
    },
  };
}
