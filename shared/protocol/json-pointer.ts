import { NumberText } from "./strict-json.ts";

/**
 * RFC 6901: the reference tokens of a pointer, unescaped; `undefined` when it is not a pointer (it must be empty or begin
 * with "/", and "~" is only "~0" or "~1").
 */
export function parsePointer(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((token) => (token.includes("~") ? token.replaceAll("~1", "/").replaceAll("~0", "~") : token));
}

/** An array index of RFC 6901: no sign, no leading zero. `undefined` for anything else, "-" included. */
export const arrayIndex = (token: string): number | undefined =>
  /^(?:0|[1-9][0-9]{0,8})$/.test(token) ? Number(token) : undefined;

export const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NumberText);

/** The value at `tokens`, or `undefined` where nothing is. Own members only. */
export function resolvePointer(value: unknown, tokens: readonly string[]): unknown {
  let here = value;
  for (const token of tokens) {
    if (Array.isArray(here)) {
      const index = arrayIndex(token);
      const list: readonly unknown[] = here;
      here = index === undefined ? undefined : list[index];
    } else if (isMembers(here) && Object.hasOwn(here, token)) {
      here = here[token];
    } else {
      return undefined;
    }
  }
  return here;
}
