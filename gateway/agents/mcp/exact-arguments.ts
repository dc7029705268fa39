import { randomUUID } from "node:crypto";

const NAME = "countersign:exact";
const HOLDER = /\{"countersign:exact":"([0-9a-f-]{36})"\}/;

/**
 * Sends a call's arguments as the text that was approved. The SDK writes messages with `JSON.stringify`, which would
 * round `2.50` and a long number; so the message is made with a place holder, and the text is put in its place when the
 * message is written. Nobody outside can make a place holder: its id is random, and a quote inside a JSON string is
 * escaped.
 */
export class ExactArguments {
  readonly #texts = new Map<string, string>();

  /** Arguments for `params`, good until `release`. */
  hold(text: string): { readonly holder: Readonly<Record<string, string>>; readonly release: () => void } {
    const id = randomUUID();
    this.#texts.set(id, text);
    return { holder: { [NAME]: id }, release: () => this.#texts.delete(id) };
  }

  /** A written message with the exact text in it. @throws Error for a place holder that nobody holds: it is not sent */
  fill(json: string): string {
    return json.replace(HOLDER, (_, id: string) => {
      const text = this.#texts.get(id);
      if (text === undefined) throw new Error("The call is over.");
      return text;
    });
  }
}
