/** How the store's key is changed while the store is at work (docs/decisions/0015). */

export interface KeyChangeReads {
  /** How many keys were wrapped anew, while a change is under way. */
  keyChange(): { readonly wrapped: number } | undefined;
  /** Whether everything of the store is wrapped with this key, but for what a change that is under way did already. */
  isStoreKey(key: Uint8Array): boolean;
  /** Whether it is the one that takes its place, while that is changed. */
  isNextKey(key: Uint8Array): boolean;
}

export interface KeyChangeWrites {
  /**
   * From now on new keys are wrapped with `next`, 32 bytes, which has to be durable before; what is there opens with the
   * key that it was wrapped with.
   */
  beginKeyChange(next: Uint8Array): void;
  /** Some of what is left, about `most` keys; false once nothing is. @throws CountersignError `E_STORE_CORRUPT` */
  wrapAnew(most: number): boolean;
  /** Nothing of the store opens with the key of before any more, once it is committed. */
  endKeyChange(): void;
}
