import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { startPortal, startTlsFront, type Front } from "../chaos/tls-front.ts";
import { writeSelfSigned } from "../gateway/transport/self-signed.ts";
import { checkEverywhere } from "./everywhere.ts";
import { openSite, type Site } from "./site.ts";

/** B8 of the fault matrix (reliability.md 7): somebody else answers where the gateway should. */

let site: Site;
let folder: string;
let fronts: Front[];
let gatewayPort: number;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "countersign-tls-"));
  fronts = [];
  const own = certificate("own");
  site = await openSite({
    tls: {
      siteCa: own.cert,
      async front(port) {
        gatewayPort = port;
        return (await front(own)).port;
      },
    },
  });
});
afterEach(async () => {
  await site.close();
  for (const one of fronts) await one.close();
  rmSync(folder, { recursive: true });
});

interface Pair {
  readonly cert: string;
  readonly key: string;
}

function certificate(name: string): Pair {
  const at = path.join(folder, name);
  mkdirSync(at);
  const { cert, keyFile } = writeSelfSigned(at);
  return { cert, key: readFileSync(keyFile, "utf8") };
}

async function front(pair: Pair, more: { readonly maxVersion?: "TLSv1.1"; readonly minVersion?: "TLSv1" } = {}) {
  const started = await startTlsFront(gatewayPort, { ...pair, ...more, ciphers: "DEFAULT@SECLEVEL=0" });
  fronts.push(started);
  return started;
}

async function portal(): Promise<Front> {
  const started = await startPortal(
    "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n",
  );
  fronts.push(started);
  return started;
}

const status = (): unknown => site.app.snapshot().gateways[0]?.connection;

describe("B8 where the gateway answers there is now", () => {
  it.each([
    ["somebody with a certificate of nobody's authority", () => front(certificate("other"))],
    [
      "somebody who speaks an old TLS only",
      () => front(certificate("old"), { minVersion: "TLSv1", maxVersion: "TLSv1.1" }),
    ],
    ["a captive portal that answers in clear", portal],
  ])(
    "%s: refused by that name, nothing is told or signed, and it is live again with the gateway",
    async (_who, start) => {
      const rid = await site.raise();
      await site.row(rid, "pending");
      const home = site.proxy.target;
      site.proxy.to((await start()).port);
      site.proxy.cut("rst");
      await site.is(["refused"]);
      expect(status()).toEqual({ kind: "refused", code: "E_CLI_TLS" });
      // There is no way past it: looking again refuses again.
      const { accepted } = site.proxy;
      site.app.workstation.probe();
      await expect.poll(() => site.proxy.accepted).toBeGreaterThan(accepted);
      expect(status()).toEqual({ kind: "refused", code: "E_CLI_TLS" });
      expect(await site.approve(rid)).toMatchObject({ ok: false, error: { code: "E_CLI_OFFLINE" } });
      expect(await site.deny(rid)).toMatchObject({ ok: true });

      site.proxy.to(home);
      site.app.workstation.probe();
      await site.live();
      await site.row(rid, "denied");
      await checkEverywhere(site, new Map([[rid, { decision: "deny", state: "denied" }]]));
    },
  );
});
