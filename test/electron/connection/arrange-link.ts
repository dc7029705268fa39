import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";

import { onTestFinished } from "vitest";

import type { ConnectionStatus } from "#shared/ipc/contract.ts";

import type { FeedMessage } from "../../../electron/connection/feed.ts";
import { makeGatewayClock } from "../../../electron/connection/gateway-clock.ts";
import { makeLink } from "../../../electron/connection/link.ts";
import type { Ready } from "../../../electron/connection/session.ts";
import { wsSockets } from "../../../electron/connection/ws-socket.ts";
import { makeUnlockedKey, type UnlockedKey } from "../../../electron/keys/unlocked-key.ts";
import { crypto, DIRECTORY_ISS, GATEWAY_ISS, newId, POOL } from "../hospital.ts";
import { Inbox } from "../inbox.ts";
import { makeManualClock } from "../manual-clock.ts";
import type { ScriptedGateway } from "../scripted-gateway.ts";
import { startGateway } from "../start-gateway.ts";

type Seen =
  | { readonly kind: "status"; readonly status: ConnectionStatus }
  | { readonly kind: "ready"; readonly ready: Ready }
  | { readonly kind: "snapshot"; readonly phase: string }
  | { readonly kind: "feed"; readonly message: FeedMessage };

const newKey = (): UnlockedKey => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return makeUnlockedKey(createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })), "software");
};

export async function arrange(prepare?: (gateway: ScriptedGateway) => void) {
  const clock = makeManualClock();
  const gateway = await startGateway(clock);
  prepare?.(gateway);
  const seen = new Inbox<Seen>();
  const time = makeGatewayClock(clock);
  let key: UnlockedKey | undefined = newKey();
  let durable: Promise<void> = Promise.resolve();
  const credential = gateway.hospital.approverCredential(key.jwk);
  const link = makeLink(
    {
      crypto,
      sockets: wsSockets(""),
      clock,
      // Full jitter at its longest, so that tests know how long to wait.
      random: (size) => (size === 4 ? Buffer.from("ffffffff", "hex") : randomBytes(size)),
      newId,
      time,
      client: { app: "Countersign", ver: "0.0.0", os: "test" },
      endpoint: new URL(gateway.url),
      directory: { iss: DIRECTORY_ISS, key: crypto.importKey(gateway.hospital.directory.jwk) },
      iss: GATEWAY_ISS,
      me: {
        device: `${DIRECTORY_ISS}/devices/wow-17`,
        sub: `${DIRECTORY_ISS}/approvers/okafor`,
        credential,
        pools: [POOL, "elsewhere"],
      },
      key: () => key,
    },
    {
      onStatus: (status) => {
        seen.put({ kind: "status", status });
      },
      onReady: (ready) => {
        seen.put({ kind: "ready", ready });
      },
      onSnapshot: (phase) => {
        seen.put({ kind: "snapshot", phase });
      },
      onFeed: (message) => {
        seen.put({ kind: "feed", message });
        return durable;
      },
    },
  );
  onTestFinished(() => {
    link.stop();
  });
  return {
    clock,
    gateway,
    link,
    time,
    seen,
    status: (kind: ConnectionStatus["kind"]) => seen.next((s) => s.kind === "status" && s.status.kind === kind),
    lock: () => {
      key = undefined;
    },
    hold: () => {
      let release: () => void = () => undefined;
      durable = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

/** Moves the clock in small steps until `ready` resolves: real sockets need turns of the event loop in between. */
export async function elapse(clock: { advance(ms: number): void }, totalMs: number, stepMs = 500): Promise<void> {
  for (let passed = 0; passed < totalMs; passed += stepMs) {
    clock.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
