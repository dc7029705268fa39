import { randomBytes } from "node:crypto";

import type { PublicJwk } from "#shared/protocol/crypto-port.ts";
import { readStored } from "#shared/protocol/verify/stored.ts";

import { systemClock } from "../../electron/clock.ts";
import { makeGatewayClock } from "../../electron/connection/gateway-clock.ts";
import { makeLink, type Link } from "../../electron/connection/link.ts";
import { wsSockets } from "../../electron/connection/ws-socket.ts";
import { makeUuid7 } from "../../electron/uuid7.ts";
import { openAuthority } from "../../gateway/directory/directory.ts";
import { systemClock as gatewayClock } from "../../gateway/system-clock.ts";
import { DIRECTORY, ISS, type Hospital } from "../blackbox/hospital.ts";
import { crypto, enrol } from "../gateway/device.ts";

/** One workstation of a crowd: the product's connection, and what it heard. */
export interface OneOfMany {
  readonly link: Link;
  /** Requests that it was told of, as often as it was. */
  readonly heard: string[];
}

/**
 * Enrols so many people in the hospital's directory and gives each a connection, not yet started. What is beside the
 * connection at a workstation (vault, rows, PIN) is left out, so that hundreds fit into one process.
 */
export function makeCrowd({ env, folder }: Hospital, endpoint: URL, size: number): readonly OneOfMany[] {
  const authority = openAuthority(env["COUNTERSIGN_DIRECTORY"] ?? folder, { clock: gatewayClock });
  const clock = systemClock();
  const rootKey = authority.directory.jwk as unknown as PublicJwk;
  try {
    return Array.from({ length: size }, (_, i) => {
      const sub = `${DIRECTORY}/approvers/crowd-${String(i)}`;
      const now = Math.floor(Date.now() / 1000);
      const { device, cred } = enrol(authority, authority.directory, { sub, pools: ["clinicians"] }, now);
      const { signer } = device;
      const key = {
        ...{ kid: signer.kid, jwk: signer.jwk, storage: "software" as const, lock: () => undefined },
        sign: async (...input: Parameters<typeof signer.sign>) => signer.sign(...input),
      };
      const heard: string[] = [];
      const link = makeLink(
        {
          ...{ crypto, sockets: wsSockets(""), clock, random: randomBytes, newId: makeUuid7(clock, randomBytes) },
          ...{ time: makeGatewayClock(clock), client: { app: "Countersign", ver: "0.1.0", os: "test" }, endpoint },
          directory: { iss: DIRECTORY, key: crypto.importKey(rootKey) },
          ...{ iss: ISS, key: () => key },
          me: { device: readStored("approver", cred).device, sub, credential: cred, pools: ["clinicians"] },
        },
        {
          onStatus: () => undefined,
          onReady: () => undefined,
          onSnapshot: () => undefined,
          async onFeed(message) {
            if (message.type === "action.pending") heard.push(readStored("request", message.body.jws).rid);
          },
        },
      );
      return { link, heard };
    });
  } finally {
    authority.close();
  }
}
