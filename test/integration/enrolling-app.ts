import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { _electron, type ElectronApplication, type Page } from "@playwright/test";
import { expect } from "vitest";

import { electronBinary, watchedArguments } from "../../demo/tour/app.ts";
import { createGateway } from "../../gateway/index.ts";
import { buildApp, buildEnvironment } from "../../scripts/build.mjs";
import { startVirtualDisplay } from "../../scripts/display.mjs";
import { havePractised } from "../electron/have-practised.ts";
import { askPolicy, FHIR, makeAgent } from "../gateway/world.ts";

const SUB = "https://directory.countersign.localhost/approvers/okafor";

/** The built app in a profile of its own, beside a gateway at which one person can enrol. */
export interface EnrollingApp {
  readonly folder: string;
  readonly profile: string;
  readonly env: NodeJS.ProcessEnv;
  launch(env?: NodeJS.ProcessEnv): Promise<{ readonly app: ElectronApplication; readonly page: Page }>;
  /** Asks for an enrolment and gives the page's answer. */
  ask(page: Page, keyStore: "os" | "pkcs11", pin: string): Promise<unknown>;
  /** The second person confirms what is pending. Returns the new key's name. */
  confirm(page: Page): Promise<{ readonly kid: string; readonly key_storage: string }>;
  phase(page: Page): Promise<{ readonly kind: string } | undefined>;
  unlock(page: Page, kid: string, pin: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function startEnrollingApp(args: readonly string[]): Promise<EnrollingApp> {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-keys-"));
  const profile = path.join(folder, "profile");
  await buildApp("production");
  const display = await startVirtualDisplay();
  const gateway = await createGateway({
    data: path.join(folder, "gateway"),
    fhir: FHIR,
    agents: [makeAgent()],
    pools: ["cardiology"],
    policy: askPolicy(),
    facts: { gather: () => Promise.reject(new Error("not asked")) },
    executor: false,
  });
  const { authority } = gateway;
  if (!authority) throw new Error("this gateway has no directory of its own");
  const who = { name: "OKAFOR, Amara (Dr)", reg_no: "0000001", pools: ["cardiology"], roles: ["Consultant"] };
  authority.putApprover({ sub: SUB, ...who });
  const phase = (page: Page) =>
    page.evaluate(async () => {
      const reply = await window.countersign?.get_snapshot(undefined);
      return reply?.ok ? reply.value.phase : undefined;
    });
  return {
    folder,
    profile,
    env: display.env,
    async launch(env = {}) {
      const app = await _electron.launch({
        executablePath: electronBinary(),
        args: watchedArguments({ profile, args: [...args] }),
        env: { ...buildEnvironment(), ...display.env, ...env } as Record<string, string>,
        timeout: 60_000,
      });
      const page = await app.firstWindow({ timeout: 60_000 });
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      return { app, page };
    },
    ask(page, key_store, pin) {
      const issued = authority.issueTicket({ sub: SUB, by: "https://admin.example/1", ws_endpoint: gateway.wsUrl });
      const input = { ticket: JSON.stringify(issued.ticket), code: issued.code, pin, key_store };
      return page.evaluate((asked) => window.countersign?.enrol_begin(asked), input);
    },
    async confirm(page) {
      await expect.poll(() => authority.pending().length).toBe(1);
      authority.confirm(authority.pending()[0]!.ticket_id, "https://admin.example/2");
      await page.getByText("This workstation is enrolled").waitFor();
      const done = await phase(page);
      if (done?.kind !== "setup" || done.enrolment.kind !== "done") throw new Error("not enrolled");
      await havePractised(profile, done.enrolment.person.kid);
      await page.evaluate(() => window.countersign?.enrol_cancel(undefined));
      const locked = await phase(page);
      if (locked?.kind !== "locked") throw new Error("not locked");
      return locked.people[0]!;
    },
    phase,
    unlock: (page, kid, pin) => page.evaluate((asked) => window.countersign?.unlock(asked), { kid, pin }),
    async close() {
      await gateway.close();
      display.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
