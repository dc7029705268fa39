import { isMembers } from "#shared/protocol/json-pointer.ts";
import { NumberText } from "#shared/protocol/strict-json.ts";
import type { FhirJson } from "#shared/protocol/strict-json.ts";

/**
 * Gives every value a number, equal for values with the same text: members in the source's order, numbers by their source.
 * Each list and object is looked at once, so comparing at every level of two documents costs no more than reading them.
 */
export class ValueIds {
  readonly #byText = new Map<string, number>();
  readonly #ofContainer = new Map<object, number>();

  of(value: FhirJson): number {
    if (value instanceof NumberText) return this.#idOf(value.text);
    if (typeof value !== "object" || value === null) return this.#idOf(JSON.stringify(value));
    const known = this.#ofContainer.get(value);
    if (known !== undefined) return known;
    const id = this.#idOf(Array.isArray(value) ? this.#list(value) : this.#object(value));
    this.#ofContainer.set(value, id);
    return id;
  }

  #list(items: readonly FhirJson[]): string {
    return `[${items.map((item) => this.of(item)).join(",")}]`;
  }

  #object(value: object): string {
    const members = isMembers(value) ? Object.entries(value) : [];
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- whatever is inside a FhirJson is one
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${String(this.of(member as FhirJson))}`).join(",")}}`;
  }

  #idOf(text: string): number {
    const id = this.#byText.get(text) ?? this.#byText.size;
    this.#byText.set(text, id);
    return id;
  }
}
