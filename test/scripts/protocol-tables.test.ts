import { expect, it } from "vitest";

import { clientBodies, CLOSE, gatewayBodies } from "#shared/protocol/messages.ts";

import { readBoth, withTables } from "../../scripts/protocol-tables.mjs";

const { document, registry } = readBoth();

it("docs/protocol.md holds the registry's tables (run: node scripts/protocol-tables.mjs)", () => {
  expect(document).toBe(withTables(document, registry));
});

it("every code is in the tables exactly once, with its retry class and its sentence", () => {
  const rows = document.split("\n").filter((line) => line.startsWith("| `E_"));
  const tables = document.slice(document.indexOf("### 5.2"));
  for (const [code, { retry, text }] of Object.entries(registry.codes)) {
    expect(tables.split(`| \`${code}\` |`)).toHaveLength(2);
    expect(rows).toContain(`| \`${code}\` | ${retry} | ${text} |`);
  }
});

it("a registry that changes makes the tables differ", () => {
  const codes = { ...registry.codes, E_FMT_NEW: { retry: "never", text: "New | with a bar." } };
  const changed = withTables(document, { ...registry, codes });
  expect(changed).not.toBe(document);
  expect(changed).toContain("| `E_FMT_NEW` | never | New \\| with a bar. |");
});

it("every message type and close code of the source is described", () => {
  for (const type of [...Object.keys(clientBodies), ...Object.keys(gatewayBodies)]) {
    expect(document, type).toContain(`\`${type}`);
  }
  for (const code of Object.values(CLOSE)) expect(document, String(code)).toContain(String(code));
});

it("stands by itself: no link out of the repository, no file of another place", () => {
  expect(document).not.toMatch(/\]\(\.\.\/\.\.|\.\.\/(?:vectors|data|shared)|approval-experience\.md|reliability\.md/);
});

it("a document without markers is refused", () => {
  expect(() => withTables("# none", registry)).toThrow("markers");
});
