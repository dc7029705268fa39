import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { expect, test } from "vitest";

// The rules that need types are off: the files linted here do not exist.
const eslint = new ESLint({ overrideConfig: tseslint.configs.disableTypeChecked });

async function rulesBrokenBy(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  return [...new Set(result?.messages.map((message) => message.ruleId ?? message.message))].filter(
    (rule) => !rule.endsWith("no-unused-vars"),
  );
}

const IMPORTS = "@typescript-eslint/no-restricted-imports";
const GLOBALS = "no-restricted-globals";
const SYNTAX = "no-restricted-syntax";

test.each([
  ["shared takes no Node", "shared/protocol/a.ts", 'import "node:fs";', IMPORTS],
  ["shared takes no package but zod", "shared/scope/a.ts", 'import "jose";', IMPORTS],
  [
    "shared takes the Crypto port, not its implementation",
    "shared/protocol/a.ts",
    'import "#shared/crypto/a.ts";',
    IMPORTS,
  ],
  ["shared takes the implementation under no spelling", "shared/protocol/a.ts", 'import "../crypto/a.ts";', IMPORTS],
  ["shared does no IO", "shared/protocol/a.ts", "export const a = process.pid;", GLOBALS],
  ["shared reads no clock", "shared/protocol/a.ts", "export const a = Date.now();", SYNTAX],
  ["shared reads no clock by its constructor", "shared/protocol/a.ts", "export const a = new Date();", SYNTAX],
  ["renderer takes no crypto", "renderer/queue/a.tsx", 'import "#shared/crypto/a.ts";', IMPORTS],
  ["renderer takes no Node", "renderer/queue/a.tsx", 'import "node:fs";', IMPORTS],
  ["renderer takes no electron", "renderer/queue/a.tsx", 'import "electron";', IMPORTS],
  ["renderer takes no main-process file", "renderer/queue/a.tsx", 'import "../../electron/main.ts";', IMPORTS],
  ["renderer takes no schema of the contract", "renderer/a.ts", 'import { a } from "#shared/ipc/a.ts"; a();', IMPORTS],
  ["renderer opens no socket", "renderer/a.ts", 'export const a = new WebSocket("wss://a");', GLOBALS],
  ["electron takes no gateway file", "electron/shell/a.ts", 'import "../../gateway/index.ts";', IMPORTS],
  ["electron takes no React", "electron/shell/a.ts", 'import "react";', IMPORTS],
  ["the connection is tested without Electron", "electron/connection/a.ts", 'import "electron";', IMPORTS],
  ["the journal is tested without electron-store", "electron/journal/a.ts", 'import "electron-store";', IMPORTS],
  ["the connection's clock is injected", "electron/connection/a.ts", "export const a = Date.now();", SYNTAX],
  [
    "ipcMain is used behind the one door only",
    "electron/shell/a.ts",
    'import { ipcMain } from "electron"; ipcMain();',
    IMPORTS,
  ],
  ["preload takes no Node", "electron/preload.ts", 'import "node:fs";', IMPORTS],
  ["preload takes no schema", "electron/preload.ts", 'import { a } from "#shared/ipc/a.ts"; a();', IMPORTS],
  ["no weak web preference", "electron/shell/a.ts", "export const a = { webSecurity: false };", SYNTAX],
  ["gateway takes no electron", "gateway/requests/a.ts", 'import "electron";', IMPORTS],
  ["gateway counts in one place alone", "gateway/store/a.ts", 'import "prom-client";', IMPORTS],
  ["no innerHTML", "renderer/a.ts", 'document.body.innerHTML = "a";', SYNTAX],
  [
    "no dangerouslySetInnerHTML",
    "renderer/a.tsx",
    'export const a = <p dangerouslySetInnerHTML={{ __html: "a" }} />;',
    SYNTAX,
  ],
  ["no insertAdjacentHTML", "renderer/a.ts", 'document.body.insertAdjacentHTML("beforeend", "a");', SYNTAX],
  ["no eval", "gateway/a.ts", 'eval("1");', "no-eval"],
  ["no code from strings", "gateway/a.ts", 'export const a = new Function("return 1");', "no-new-func"],
  ["a setup script needs no package", "scripts/setup.mjs", 'import "zod";', IMPORTS],
])("%s", async (_rule, file, code, broken) => {
  expect(await rulesBrokenBy(file, code)).toContain(broken);
});

test.each([
  ["shared/protocol/a.ts", 'import { z } from "zod"; import { a } from "#shared/scope/a.ts"; a(z);'],
  ["shared/crypto/a.ts", 'import { verify } from "node:crypto"; import { SignJWT } from "jose"; verify(SignJWT);'],
  ["electron/ipc/a.ts", 'import { ipcMain } from "electron"; import { a } from "#shared/ipc/a.ts"; a(ipcMain);'],
  ["electron/shell/a.ts", 'import { app } from "electron"; import Store from "electron-store"; app(Store);'],
  ["electron/connection/a.ts", 'import WebSocket from "ws"; import { a } from "../journal/a.ts"; a(WebSocket);'],
  [
    "electron/preload.ts",
    'import { contextBridge } from "electron"; import type { A } from "#shared/ipc/a.ts"; contextBridge(A);',
  ],
  ["renderer/queue/a.tsx", 'import Box from "@mui/material/Box"; import type { A } from "#shared/ipc/a.ts"; Box(A);'],
  ["gateway/store/a.ts", 'import { DatabaseSync } from "node:sqlite"; import { z } from "zod"; z(DatabaseSync);'],
  ["gateway/metrics/a.ts", 'import { Registry } from "prom-client"; Registry();'],
  ["test/a.test.ts", 'import { a } from "../gateway/index.ts"; import { b } from "../electron/main.ts"; a(b);'],
])("%s may import what its layer allows", async (file, code) => {
  expect(await rulesBrokenBy(file, code)).toEqual([]);
});
