import path from "node:path";

import type { Settings } from "#shared/ipc/contract.ts";
import { BUILTIN_TEMPLATES, builtinTemplates } from "#shared/presentation/templates/builtin.ts";
import { findHidden } from "#shared/presentation/text-hygiene.ts";
import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { templateDigest } from "#shared/protocol/digest.ts";

import type { Clock, RandomBytes } from "../clock.ts";
import { parseEndpoint } from "../connection/endpoint.ts";
import type { ClientInfo } from "../connection/handshake.ts";
import type { SocketFactory } from "../connection/socket.ts";
import { makeTemplateRegistry, type HttpGet } from "../connection/template-registry.ts";
import { logAlarmFiles } from "../journal/log-alarm.ts";
import { openVault, type Damage } from "../journal/vault.ts";
import type { Keyring, Known } from "../keys/keyring.ts";
import { vaultOf } from "../keys/people.ts";
import { makeVerifier, type StartVerifyProcess } from "../records/verifier.ts";
import { makeDesk } from "./desk.ts";
import { makeDraw } from "./draw.ts";
import type { Desk, DeskEvents } from "./desk-port.ts";

export interface OpenDeskParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly client: ClientInfo;
  readonly keyring: Keyring;
  readonly settings: () => Settings;
  /** The way to the network, with the site's own certificate authorities. */
  readonly network: () => Promise<{ readonly sockets: SocketFactory; readonly get: HttpGet }>;
  readonly startVerifier: StartVerifyProcess;
  readonly vaultFolder: (kid: string) => string;
  /** Damaged files were set aside: said to the person and to IT, never skipped silently. */
  readonly onDamage: (damage: readonly Damage[]) => void;
}

/**
 * Opens a person's files and puts their desk together.
 * @throws CountersignError `E_CLI_JOURNAL`, `E_CLI_INPUT` (the site's certificate file)
 */
export async function openDesk(
  parts: OpenDeskParts,
  { enrolment, claims, directory, person }: Known,
  secret: Uint8Array,
  events: DeskEvents,
): Promise<Desk> {
  const { crypto, clock, random } = parts;
  const endpoint = parseEndpoint(enrolment.ws_endpoint);
  const folder = parts.vaultFolder(vaultOf(enrolment));
  const { sockets, get } = await parts.network();
  const { vault, damage } = await openVault({
    folder,
    secret,
    random,
    now: Math.floor(clock.nowMs() / 1000),
    existing: true,
  });
  if (damage.length > 0) parts.onDamage(damage);
  const registry = makeTemplateRegistry(crypto, get, endpoint);
  const templates = new Map(builtinTemplates.map((template) => [templateDigest(crypto, template), template]));
  return makeDesk(
    {
      crypto,
      clock,
      random,
      newId: parts.newId,
      sockets,
      client: parts.client,
      endpoint,
      iss: enrolment.iss,
      gatewayName: enrolment.gateway_name,
      env: enrolment.env,
      directory,
      me: claims,
      kid: enrolment.kid,
      credential: enrolment.credential,
      signer: { sub: person.sub, name: person.name, reg_no: person.reg_no, role: person.role },
      vault,
      templates: { builtin: (dig) => templates.get(dig), fetched: (dig) => registry.known(dig) },
      get,
      isFromHere: (kid) => parts.keyring.isFromHere(kid),
      fetchTemplate: async (dig) => (await registry.fetch(dig)) !== undefined,
      genericTemplate: BUILTIN_TEMPLATES.generic,
      findHidden,
      draw: makeDraw(() => parts.settings().facility_zone),
      zone: () => parts.settings().facility_zone,
      verifier: makeVerifier(parts.startVerifier, clock),
      keepAlarm: logAlarmFiles(path.join(folder, "evidence")),
      verifyPin: (pin) => parts.keyring.verify(enrolment.kid, pin),
    },
    events,
  );
}
