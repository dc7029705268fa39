import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { shownBy, type Shown } from "../../../../gateway/agents/identity/shown.ts";
import { DEFAULT_LIMITS } from "../../../../gateway/transport/limits.ts";
import { listen } from "../../../../gateway/transport/listen.ts";
import { writeSelfSigned } from "../../transport/self-signed.ts";
import { makeAgent } from "../../world.ts";
import { authOf, judged, time } from "./kit.ts";

describe("a TLS client certificate (RFC 8705)", () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-mtls-"));
  let pairs: Record<"server" | "agent" | "other", { cert: string; key: string }>;
  let url: string;
  let close: () => Promise<void>;
  let seen: Shown | undefined;

  const pairIn = (name: string) => {
    const place = join(folder, name);
    mkdirSync(place);
    const { cert, certFile, keyFile } = writeSelfSigned(place);
    return { cert, key: readFileSync(keyFile, "utf8"), certFile, keyFile };
  };
  beforeAll(async () => {
    const { certFile, keyFile, ...server } = pairIn("server");
    const [{ certFile: _c, keyFile: _k, ...agent }, { certFile: _d, keyFile: _l, ...other }] = [
      pairIn("agent"),
      pairIn("other"),
    ];
    pairs = { server, agent, other };
    const tls = { certFile, keyFile, clientCertificates: true };
    const listening = await listen({ host: "127.0.0.1", port: 0, tls, limits: DEFAULT_LIMITS });
    listening.server.on("request", (req, res) => {
      seen = shownBy(req);
      res.end();
    });
    url = listening.url;
    close = () => new Promise((done) => listening.server.close(() => done()));
  });
  afterAll(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });

  const show = async (pair?: { cert: string; key: string }): Promise<Shown> => {
    await new Promise<void>((done, failed) => {
      const sent = httpsRequest(url, {
        ...pair,
        ca: pairs.server.cert,
        agent: false,
        checkServerIdentity: () => undefined,
      });
      sent.once("response", (answer) => {
        answer.resume();
        done();
      });
      sent.once("error", failed);
      sent.end();
    });
    return seen ?? {};
  };

  it("is whoever the registry says by its thumbprint, and nobody else", async () => {
    const mine = await show(pairs.agent);
    const { x5t } = mine.certificate!;
    expect(x5t).toMatch(/^[A-Za-z0-9_-]{43}$/);
    time.now = Math.floor(Date.now() / 1000);
    const auth = authOf([makeAgent({ sub: "urn:agent:cert", keys: [], certs: [x5t] })]);
    expect(judged(auth, mine)).toBe("urn:agent:cert");
    expect(judged(auth, await show(pairs.other))).toBe("E_AGENT_UNKNOWN");
    expect(judged(auth, await show())).toBe("E_AGENT_AUTH");
  });

  it("is not believed before and after its time", async () => {
    const mine = await show(pairs.agent);
    const auth = authOf([makeAgent({ sub: "urn:agent:cert", keys: [], certs: [mine.certificate!.x5t] })]);
    time.now = mine.certificate!.notAfter + 1;
    expect(judged(auth, mine)).toBe("E_AGENT_AUTH");
    time.now = mine.certificate!.notBefore - 120;
    expect(judged(auth, mine)).toBe("E_AGENT_AUTH");
    time.now = Math.floor(Date.now() / 1000);
  });

  it("does not stand in for an assertion that is bad", async () => {
    const mine = await show(pairs.agent);
    const auth = authOf([makeAgent({ sub: "urn:agent:cert", keys: [], certs: [mine.certificate!.x5t] })]);
    expect(judged(auth, { ...mine, authorization: "Bearer a.b.c" })).toBe("E_AGENT_AUTH");
  });
});
