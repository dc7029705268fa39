import { readFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { installedElectron } from "../../scripts/setup/electron-runtime.mjs";
import { hasProgram } from "../../scripts/setup/system-parts.mjs";
import { CARD_PIN, makeCards, SOFT_TOKEN_MODULE } from "../electron/keys/soft-token.ts";
import { startEnrollingApp, type EnrollingApp } from "./enrolling-app.ts";

const canRun = SOFT_TOKEN_MODULE !== undefined && installedElectron() !== undefined && hasProgram("Xvfb");

describe.runIf(canRun)("a signing key on a smart card, in the app", () => {
  let t: EnrollingApp;

  beforeAll(async () => {
    t = await startEnrollingApp([`--countersign-pkcs11=${SOFT_TOKEN_MODULE ?? ""}`]);
  }, 240_000);

  afterAll(async () => {
    await t.close();
  });

  it("is made on the card, proves the person to the gateway, and opens with card and PIN only", async () => {
    const cards = { SOFTHSM2_CONF: makeCards(t.folder, ["OKAFOR"])["SOFTHSM2_CONF"] };
    const first = await t.launch(cards);
    let kid: string;
    try {
      expect(await t.ask(first.page, "pkcs11", CARD_PIN)).toEqual({ ok: true, value: null });
      const person = await t.confirm(first.page);
      expect(person.key_storage).toBe("hardware");
      kid = person.kid;
      const wrong = await t.unlock(first.page, kid, "000001");
      expect(wrong).toMatchObject({ ok: false, error: { code: "E_CLI_PIN" } });
      expect(await t.unlock(first.page, kid, CARD_PIN)).toEqual({ ok: true, value: null });
      await expect.poll(() => connection(first.page)).toBe("live");
    } finally {
      await first.app.close();
    }
    expect(readFileSync(path.join(t.profile, "people", `${kid}.json`), "utf8")).not.toContain(CARD_PIN);

    // The same computer without the card.
    const second = await t.launch({ SOFTHSM2_CONF: "/dev/null" });
    try {
      const answer = await t.unlock(second.page, kid, CARD_PIN);
      expect(answer).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^E_CLI_TOKEN_/) as unknown } });
      expect((await t.phase(second.page))?.kind).toBe("locked");
    } finally {
      await second.app.close();
    }
  }, 180_000);

  const connection = (page: Awaited<ReturnType<EnrollingApp["launch"]>>["page"]) =>
    page.evaluate(async () => {
      const reply = await window.countersign?.get_snapshot(undefined);
      return reply?.ok ? reply.value.gateways[0]?.connection.kind : undefined;
    });
});

it.runIf(!canRun)("skipped: the app, Xvfb or SoftHSM is not installed", () => undefined);
