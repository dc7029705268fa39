import { randomBytes } from "node:crypto";
import { join } from "node:path";

import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { maybe } from "#shared/fhir/references.ts";
import type { Template } from "#shared/protocol/template.ts";

import { makeRoster, type Roster } from "./agents/roster.ts";
import type { BesideAudit } from "./audit/beside.ts";
import { checkpointFile } from "./audit/checkpoint-file.ts";
import type { AuditedPart } from "./audit/self-audit.ts";
import { settleRestored } from "./backup/settle.ts";
import type { Enforcement } from "./context.ts";
import type { Core } from "./core.ts";
import type { Authority, GatewayRegistration } from "./directory/authority.ts";
import type { Directory } from "./directory/directory.ts";
import { makeAllowedChanges, type AllowedChanges } from "./executor/allowed.ts";
import { localGrants, reportedGrants, type Grants } from "./executor/grants.ts";
import { makeHandOut, type HandOut } from "./executor/hand-out.ts";
import { runExecutions, type Runner } from "./executor/run.ts";
import { makeEvidenceDesk, type EvidenceDesk } from "./evidence/desk.ts";
import { partsOf } from "./evidence/parts.ts";
import { evidenceSender, type SendOptions } from "./evidence/send.ts";
import { writeEvidence } from "./evidence/writer.ts";
import type { GatewayKeys } from "./cli/gateway-keys.ts";
import { makeCore } from "./make-core.ts";
import type { Clock, ExecutorPort, FactsPort, PolicyPort, RegisteredAgent } from "./ports.ts";
import { auditOf, CHECKPOINT_FILE, faultTo, openStore, type AuditWatch } from "./open-store.ts";
import { differences } from "./cli/registration.ts";
import { keepServing, type ServingPolicy } from "./policy/published.ts";
import { logBudgets, logIdentities } from "./requests/agent-log.ts";
import { makeKeeper } from "./retention/keeper.ts";
import { findKnownTime, watchKnownTime, type KnownTime } from "./retention/known-time.ts";
import { withKnownTime, type TimelyKeeper } from "./retention/timely.ts";
import { sayWhenLong } from "./say-every.ts";
import { makeRekeying } from "./store/rekey.ts";
import { keepReserve, withReserve } from "./store/reserve.ts";
import type { Store } from "./store/store.ts";
import { makeTokens, type Tokens } from "./tokens/tokens.ts";
import type { Logger } from "./transport/logger.ts";
import { uuid7 } from "./uuid7.ts";

/** Name of the task tokens' status list below `/status/`. */
export const TOKEN_LIST = "tokens";
/** protocol.md 3.16. */
const RETENTION_YEARS = 10;

export interface AssembleOptions {
  /** Folder of store and checkpoint. */
  readonly folder: string;
  /** What this gateway is: the directory has to have signed for it. */
  readonly registration: GatewayRegistration;
  readonly keys: GatewayKeys;
  readonly directory: Directory;
  /** Where one process holds the root key too (trials): it signs what has changed. */
  readonly authority?: Authority & { close(): void };
  readonly agents: readonly RegisteredAgent[];
  readonly policy: PolicyPort;
  /** The policy set behind `policy`, where it is one: kept and logged, and refused where a later one served before. */
  readonly serving?: ServingPolicy | undefined;
  readonly templates: readonly Template[];
  readonly facts: FactsPort;
  /** Absent: approvals are recorded and nothing is executed (`enf: evidence`). */
  readonly executor?: ExecutorPort;
  readonly fhirBase: string;
  readonly enf: Enforcement;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The directory's own, so that a key it believes is imported once. */
  readonly crypto: Crypto;
  /** Where the record's evidence is written (protocol.md 3.17); nowhere unless given. */
  readonly evidence?: SendOptions | undefined;
  /** Adapters are processes of their own. */
  readonly remoteAdapters?: boolean;
  /** How long what has ended is kept; {@link RETENTION_YEARS} unless given. */
  readonly retentionYears?: number;
  /** Opens it for a command and not to serve: nothing begins by itself, and the directory is told nothing. */
  readonly idle?: boolean;
  /** How the audit before serving is followed and ended; not asked where {@link idle}. */
  readonly audit?: AuditWatch | undefined;
  /** Puts something around the store, e.g. what counts. */
  readonly aroundStore?: (store: Store) => Store;
}

/** A gateway that is open and at work, not yet served. */
export interface Assembled {
  readonly core: Core;
  readonly tokens: Tokens;
  readonly runner?: Runner;
  /** Carries out what policy allows without a person; absent where nothing is executed. */
  readonly allowed?: AllowedChanges;
  /** Where there are agents that carry out themselves what was approved: their tokens, and who sends behind the adapter. */
  readonly handOut?: {
    readonly offers: HandOut;
    readonly executor: ExecutorPort;
    /** For an adapter in this process, and for those that are not. */
    readonly grants: Grants;
    readonly reported: Grants;
  };
  readonly roster: Roster;
  /** Where evidence is written into the record. */
  readonly evidence?: EvidenceDesk;
  readonly keeper: TimelyKeeper;
  /** Goes through the whole log beside serving; absent where it is not opened to serve. */
  readonly audit?: BesideAudit;
  /** Changes the store's key. */
  readonly rekeying: ReturnType<typeof makeRekeying>;
  /** Whether the clock can be right by what the store knows. */
  readonly time: KnownTime;
  /** Finishes what is under way, signs the last checkpoint, closes store and directory. */
  close(): Promise<void>;
}

/**
 * Store, core, tokens and runner over their ports, in the order in which each may begin. What was handed in open
 * (directory, authority) is closed with it, and when it fails.
 * Resolves when the store may be served (docs/decisions/0018); the event loop is free while that is found out.
 * @throws CountersignError `E_STORE_*`, `E_GW_CRED` (the directory does not vouch for what this gateway is); the reason of
 * `audit.signal`
 */
export async function assembleGateway(options: AssembleOptions): Promise<Assembled> {
  const { folder, registration, keys, directory, authority, clock, crypto, logger, executor } = options;
  const undo: (() => void)[] = [() => directory.close(), () => authority?.close()];
  try {
    const database = openStore({ folder, clock, logger }, options.idle !== true);
    undo.push(() => database.close());
    let whenRoom = (): void => undefined;
    const onChange = (isFull: boolean): void => {
      if (isFull) logger.error("store.full");
      else logger.warn("store.room");
      if (!isFull) whenRoom();
    };
    const kept = withReserve(database, keepReserve({ folder, clock, onChange }));
    const store = options.aroundStore?.(kept) ?? kept;
    undo.push(() => store.close());
    const auditor = auditOf(store, { folder, clock, logger, crypto, vkey: registration.log.vkey });
    const begun = options.idle === true ? undefined : await auditor.toServe(options.audit);
    const knownTime = findKnownTime(store, Math.floor(clock.nowMs() / 1000));
    // Only whoever holds the store speaks for this gateway to the directory.
    if (options.idle !== true) keepVouched(directory, authority, registration, logger);
    const { iss, log } = registration;
    const core = makeCore({
      ...{ iss, crypto, clock, store, directory, ...(authority === undefined ? {} : { authority }) },
      ...{ signer: keys.request, logSigner: keys.log, logOrigin: log.origin },
      retiredKeys: keys.retired.map((jwk) => crypto.importKey(jwk)),
      checkpointFile: checkpointFile(join(folder, CHECKPOINT_FILE)),
      isAudited: begun !== undefined,
      onAuditing: sayWhenLong(clock, (part: AuditedPart, done: number) => logger.warn("log.auditing", { part, done })),
      ...{ agents: options.agents, policy: options.policy, templates: options.templates },
      facts: options.facts,
      ...{ fhirBase: options.fhirBase, enf: options.enf, onFault: faultTo(logger, "core.fault") },
    });
    const now = Math.floor(clock.nowMs() / 1000);
    const { serving } = options;
    if (serving !== undefined)
      keepServing(serving, { store, records: core.records, crypto, kid: keys.request.kid, now });
    logBudgets(core.events, clock, logger);
    logIdentities(core.events, clock, logger);
    const tokens = makeTokens({
      ...{ iss, audience: options.fhirBase, crypto, signer: keys.token, store, records: core.records },
      now: () => Math.floor(clock.nowMs() / 1000),
      uuid: () => uuid7(clock.nowMs(), randomBytes(10)),
      statusUri: `${iss}/status/${TOKEN_LIST}`,
    });
    settleRestored({ store, core, tokens, crypto, kid: keys.request.kid, now });
    /** What writes of itself into the log is made with. */
    const pen = {
      ...{ store, records: core.records, crypto, kid: keys.request.kid, logger },
      now: () => Math.floor(clock.nowMs() / 1000),
      randomText: (bytes: number) => randomBytes(bytes).toString("base64url"),
    };
    const roster = makeRoster({ ...pen, agents: options.agents, core, tokens });
    const time = watchKnownTime(knownTime, pen);
    const keeper = withKnownTime(
      makeKeeper({
        ...{ ...pen, years: options.retentionYears ?? RETENTION_YEARS },
        onErased: () => void core.events.emit("erased"),
      }),
      time,
    );
    // SECURITY: before anything is read or served: an older copy of the keys brings nothing back.
    if (keeper.repeat() > 0) logger.warn("retention.repeated");
    // SECURITY: before `erasure-proof` is said to anybody: from then on an erasure that cannot be shown is an alarm.
    const restated = keeper.restate();
    if (restated > 0) logger.warn("retention.restated", { keys: restated });
    const rekeying = makeRekeying({ ...pen, folder });
    if (begun === undefined)
      return { core, tokens, roster, keeper, rekeying, time, close: async () => await core.close() };
    const handsTo = (sub: string): boolean => options.agents.find((one) => one.sub === sub)?.token === true;
    const handOut = options.agents.some(({ token }) => token === true)
      ? makeHandOut(clock, handsTo, options.remoteAdapters)
      : undefined;
    const runner =
      executor &&
      runExecutions({
        ...{ executions: core.executions, events: core.events, store, tokens, crypto, clock, executor, handOut },
        onFault: (code, rid) => logger.error("execution.fault", { code, rid }),
      });
    const allowed = executor && makeAllowedChanges({ ...pen, tokens, executor });
    const evidence =
      options.evidence &&
      writeEvidence({
        ...{ store, events: core.events, send: evidenceSender(options.evidence), iss, crypto, clock, logger },
        parts: (leaf) =>
          partsOf(
            {
              ...{
                gateway: { iss, ...maybe("name", registration.name) },
                logOrigin: log.origin,
                fhirBase: options.fhirBase,
                store,
              },
              approver: (kid) => directory.view.key(kid)?.claims,
              agent: (sub) => options.agents.find((one) => one.sub === sub),
            },
            leaf,
          ),
      });
    const grants = handOut && localGrants({ tokens, handOut, logger });
    const audit = auditor.beside(begun);
    undo.push(() => audit.close());
    core.start();
    // What was due meanwhile, and an approval that could not be begun. Full again meanwhile: it is called again.
    const onStartFault = faultTo(logger, "core.fault");
    whenRoom = () => {
      try {
        core.start();
      } catch (error) {
        onStartFault(error);
      }
    };
    return {
      ...{
        core,
        tokens,
        roster,
        keeper,
        rekeying,
        time,
        audit,
        ...(runner ? { runner } : {}),
        ...(allowed ? { allowed } : {}),
      },
      ...(evidence === undefined
        ? {}
        : {
            evidence: makeEvidenceDesk({ ...pen, writer: evidence }),
          }),
      ...(executor && handOut && grants
        ? {
            handOut: {
              ...{ offers: handOut, executor, grants },
              reported: reportedGrants(grants, { handOut, tokens, clock, executor }),
            },
          }
        : {}),
      async close() {
        audit.close();
        await runner?.close();
        await allowed?.close();
        await evidence?.close();
        await core.close();
        authority?.close();
      },
    };
  } catch (error) {
    for (const fn of undo.reverse()) fn();
    throw error;
  }
}

/** What the directory signed has to be what this gateway is; where the root key is at hand it signs anew. */
function keepVouched(
  directory: Directory,
  authority: Authority | undefined,
  registration: GatewayRegistration,
  logger: Logger,
): void {
  directory.view.refresh();
  const signed = directory.view.gateway(registration.iss);
  const differing = signed === undefined ? ["credential"] : differences(signed.claims, registration);
  if (differing.length === 0) return;
  if (authority !== undefined) {
    authority.vouch(registration);
    directory.view.refresh();
    return;
  }
  // Missing keys are refused by the core; anything else serves on with what clients already trust.
  logger.warn("directory.differs", { members: differing.join(" ") });
}
