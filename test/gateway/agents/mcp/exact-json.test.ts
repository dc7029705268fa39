import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compact, memberText } from "../../../../gateway/agents/mcp/exact-json.ts";

describe("parts of a JSON text as they were written", () => {
  it("keeps digits, escapes and the order of members", () => {
    const text =
      '{ "id":1, "params" : {"name":"t","arguments":{"b": 2.50, "10": 1e3, "a":"\\u00e9 \\"}" , "2":[ 1,{}]}} }';
    const given = memberText(text, ["params", "arguments"]);
    expect(given).toBe('{"b": 2.50, "10": 1e3, "a":"\\u00e9 \\"}" , "2":[ 1,{}]}');
    expect(compact(given ?? "")).toBe('{"b":2.50,"10":1e3,"a":"\\u00e9 \\"}","2":[1,{}]}');
    expect(memberText(text, ["id"])).toBe("1");
    expect(memberText(text, ["params", "arguments", "b"])).toBe("2.50");
  });

  it("finds nothing where nothing is, and not a member of the same name further inside", () => {
    expect(memberText('{"a":{"x":1},"b":[{"x":2}]}', ["x"])).toBeUndefined();
    expect(memberText('{"a":1}', ["a", "b"])).toBeUndefined();
    expect(memberText("[1]", ["0"])).toBeUndefined();
    expect(memberText("{}", ["a"])).toBeUndefined();
  });

  it("gives of every JSON text the member that a parser finds, compact or not", () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), fc.json(), fc.constantFrom(0, 1, 3), (one, name, other, indent) => {
        if (name === "__proto__") return;
        const value: unknown = {
          first: JSON.parse(other) as unknown,
          [name]: JSON.parse(one) as unknown,
          last: [name],
        };
        const text = JSON.stringify(value, undefined, indent);
        const found = memberText(text, [name]) ?? "";
        const wanted = (value as Record<string, unknown>)[name];
        expect(JSON.parse(found)).toEqual(wanted);
        expect(compact(found)).toBe(JSON.stringify(wanted));
      }),
      { numRuns: 300 },
    );
  });
});
