import { describe, expect, it, vi } from "vitest";

import { CountersignError } from "#shared/protocol/error.ts";

import { dispatch, type Handlers } from "../../../electron/ipc/dispatch.ts";
import { isOwnPage } from "../../../electron/ipc/sender.ts";

describe("the sender check of the one door", () => {
  it("lets the main frame of the app's own page in", () => {
    expect(isOwnPage({ url: "countersign-app://app/index.html#/queue", parent: null })).toBe(true);
  });

  it.each([
    ["no frame", null],
    ["a subframe", { url: "countersign-app://app/index.html", parent: {} }],
    ["an empty URL", { url: "", parent: null }],
    ["another host", { url: "countersign-app://app.evil/index.html", parent: null }],
    ["another scheme", { url: "https://app/index.html", parent: null }],
    ["a file", { url: "file:///countersign-app://app/", parent: null }],
    ["a blank page", { url: "about:blank", parent: null }],
  ])("refuses %s", (_, frame) => {
    expect(isOwnPage(frame)).toBe(false);
  });
});

describe("dispatch", () => {
  const lock = vi.fn(() => null);
  const handlers = { lock, unlock: () => Promise.reject(new CountersignError("E_CLI_PIN")) } as unknown as Handlers;
  const none = () => undefined;

  it("runs a known command with an input of its schema", async () => {
    expect(await dispatch(handlers, { command: "lock", input: undefined }, none)).toEqual({ ok: true, value: null });
  });

  it.each([
    ["no call", undefined],
    ["an unknown command", { command: "sign_anything", input: undefined }],
    ["a name of the prototype", { command: "constructor", input: undefined }],
    ["a further member in the call", { command: "lock", input: undefined, sender: "me" }],
    ["an input where there is none", { command: "lock", input: {} }],
    ["an input with a further member", { command: "unlock", input: { kid: "k".repeat(43), pin: "1", as: "other" } }],
  ])("refuses %s with a reply", async (_, raw) => {
    expect(await dispatch(handlers, raw, none)).toMatchObject({ ok: false, error: { code: "E_CLI_INPUT" } });
  });

  it("gives a refusal its code and a sentence for a person", async () => {
    const reply = await dispatch(handlers, { command: "unlock", input: { kid: "k".repeat(43), pin: "1" } }, none);
    expect(reply).toEqual({ ok: false, error: { code: "E_CLI_PIN", message: "The PIN is not right." } });
  });

  it("tells nothing of a fault to the page and names the command to the log", async () => {
    const faults: string[] = [];
    const failing = { lock: () => Promise.reject(new Error("secret path")) } as unknown as Handlers;
    const reply = await dispatch(failing, { command: "lock", input: undefined }, (command) => faults.push(command));
    expect(reply).toMatchObject({ ok: false, error: { code: "E_INTERNAL" } });
    expect(JSON.stringify(reply)).not.toContain("secret");
    expect(faults).toEqual(["lock"]);
  });
});
