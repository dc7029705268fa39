import type { Answer } from "./answers.ts";
import { refusal } from "./answers.ts";

/**
 * Remembers the answer to each `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key with the same
 * request is executed once and answered again, with another request it is refused (422). `find` is what a client asks
 * after its own crash.
 */
export class IdempotentAnswers {
  readonly #entries = new Map<string, { readonly fingerprint: string; readonly answer: Promise<Answer> }>();

  async once(key: string, fingerprint: string, execute: () => Promise<Answer>): Promise<Answer> {
    const known = this.#entries.get(key);
    if (known === undefined) {
      const answer = execute();
      this.#entries.set(key, { fingerprint, answer });
      return answer;
    }
    if (known.fingerprint !== fingerprint) {
      return refusal(422, "conflict", "This Idempotency-Key was used for another request.");
    }
    const answer = await known.answer;
    return { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } };
  }

  async find(key: string): Promise<Answer | undefined> {
    return this.#entries.get(key)?.answer;
  }
}
