import type { Crypto } from "#shared/protocol/crypto-port.ts";
import { dig } from "#shared/protocol/digest.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import type { Core } from "../core.ts";
import type { RegisteredAgent } from "../ports.ts";
import type { Stopped, StoppedRequests } from "../requests/stop-agent.ts";
import type { AgentDeeds, AgentTrait } from "../store/agents.ts";
import type { Store, StoreTx } from "../store/store.ts";
import type { Tokens } from "../tokens/tokens.ts";
import type { Logger } from "../transport/logger.ts";

/** Whom to switch off: one, all of one owner, or all whose model is one vendor's (`vendor/model@version`). */
export type Leaving = { readonly agent: string } | { readonly owner: string } | { readonly vendor: string };

export interface DisableOrder {
  readonly who: Leaving;
  /** For the record of it in the store; never in the log or on a screen. */
  readonly reason: string;
  /** Account of who asked. */
  readonly by: string;
}

/** One agent's end. */
export interface DisabledAgent extends StoppedRequests {
  readonly agent: string;
  /** It had been switched off before; then nothing new is recorded. */
  readonly already: boolean;
  /** Ids of tokens that were alive. */
  readonly tokens: readonly string[];
  readonly report: AgentReport;
}

/** What an agent ever did here, from the store: ids, codes and numbers, nothing of a patient. */
export interface AgentReport extends AgentDeeds {
  readonly agent: string;
  /** As registered; absent where it is in the list no more. */
  readonly registered?: {
    readonly name: string;
    readonly owner: string;
    readonly model: string;
    readonly environment?: string;
    readonly purpose?: string;
    readonly keys: number;
  };
  /** Unix seconds; absent while it is served. */
  readonly disabled_at?: number;
  /** Why, and who asked. */
  readonly disabled_for?: string;
  readonly disabled_by?: string;
  readonly paused: boolean;
  readonly models: readonly AgentSince[];
  readonly environments: readonly AgentSince[];
}
type AgentSince = Pick<AgentTrait, "value" | "first_at">;

export type AgentLine = Pick<AgentReport, "agent" | "registered" | "disabled_at" | "paused">;

/** The agents of a gateway: who is served, what each did, and the end of one. */
export interface Roster {
  /** The agent with this id, unless it was switched off: the one question every door asks before it believes a key. */
  serving(sub: string): RegisteredAgent | undefined;
  list(): readonly AgentLine[];
  /** @throws CountersignError `E_AGENT_UNKNOWN`: neither registered nor in the store */
  report(sub: string): AgentReport;
  /**
   * Switches off for good, in one commit: keys refused, what waits withdrawn, what is approved and has not begun revoked,
   * tokens dead, a `config` entry in the log. Asked again, it changes nothing. The core then emits `agent-disabled`
   * `{agent}`.
   * @throws CountersignError `E_AGENT_UNKNOWN`, `E_CLI_INPUT`, `E_STORE_*`
   */
  disable(order: DisableOrder): readonly DisabledAgent[];
  /**
   * The stop switch (AISVS 9.6.1), for one agent, one type of action, or everything: nothing of it is taken any more, what
   * has not begun is ended, tokens die, and the log says so; until it is resumed.
   * @throws CountersignError `E_AGENT_UNKNOWN`, `E_CLI_INPUT`, `E_STORE_*`
   */
  halt(order: HaltOrder): StoppedRequests;
  /** Takes it back. What was ended stays ended. @throws as {@link halt} */
  resume(order: HaltOrder): void;
}

/** What the stop switch is turned on, or off, for. */
export interface HaltOrder {
  readonly what: Stopped;
  readonly reason: string;
  readonly by: string;
}

export interface RosterOptions {
  readonly agents: readonly RegisteredAgent[];
  readonly store: Store;
  readonly core: Pick<Core, "stop" | "resume" | "records" | "events">;
  readonly tokens: Pick<Tokens, "revoke">;
  readonly crypto: Crypto;
  /** Of the key that signs what this gateway says. */
  readonly kid: string;
  readonly now: () => number;
  /** So many random bytes as base64url. */
  readonly randomText: (bytes: number) => string;
  readonly logger: Logger;
}

const FORMAT = "countersign-agent-disabled/1";
const MAX_REASON = 500;

export function makeRoster(options: RosterOptions): Roster {
  const { store, core, tokens, crypto, kid, now, randomText, logger } = options;
  const registry = new Map(options.agents.map((agent) => [agent.sub, agent]));

  function known(sub: string): void {
    if (!registry.has(sub) && !store.agentsKept().includes(sub)) throw new CountersignError("E_AGENT_UNKNOWN");
  }

  function leaving(who: Leaving): readonly string[] {
    if ("agent" in who) {
      known(who.agent);
      return [who.agent];
    }
    const subs = options.agents
      .filter(({ owner, model }) => ("owner" in who ? owner === who.owner : model.startsWith(`${who.vendor}/`)))
      .map(({ sub }) => sub);
    if (subs.length === 0) throw new CountersignError("E_AGENT_UNKNOWN", "No registered agent is theirs.");
    return subs;
  }

  function disableOne(tx: StoreTx, agent: string, { reason, by }: DisableOrder): Omit<DisabledAgent, "report"> {
    // SECURITY: random, so that the digest in the log gives nothing of the reason away (protocol.md 3.16).
    const record = JSON.stringify({ format: FORMAT, agent, at: now(), by, reason, nonce: randomText(16) });
    const obj = dig(crypto, record);
    const isNew = tx.disableAgent(agent, obj, now());
    if (isNew) {
      tx.publish(obj, "agent", record, now());
      core.records.leaf(tx, { t: "config", obj, kid });
      tx.afterCommit(() => {
        logger.warn("agent.disabled", { agent });
        core.events.emit("agent-disabled", { agent });
      });
    }
    const alive = tx.tokensAlive(now()).filter(({ rid, rev, revoked_at }) => {
      const whose = tx.request(rid, rev)?.agent ?? tx.allowedAct(rid)?.act.agent.sub;
      return revoked_at === undefined && whose === agent;
    });
    const stopped = core.stop(tx, { agent }, { by: "operator", reason: "offboarded" });
    for (const { jti } of alive) tokens.revoke(jti, "agent-disabled", tx);
    return { agent, already: !isNew, ...stopped, tokens: alive.map(({ jti }) => jti) };
  }

  function lineOf(agent: string): AgentLine {
    const entry = registry.get(agent);
    const disabled = store.disabledAgent(agent);
    return {
      agent,
      ...(entry === undefined ? {} : { registered: registeredAs(entry) }),
      ...(disabled === undefined ? {} : { disabled_at: disabled.at }),
      paused: store.paused("agent").includes(agent),
    };
  }

  function report(agent: string): AgentReport {
    known(agent);
    const traits = store.agentTraits(agent);
    const since = (kind: AgentTrait["kind"]): readonly AgentSince[] =>
      traits.filter((one) => one.kind === kind).map(({ value, first_at }) => ({ value, first_at }));
    return {
      ...lineOf(agent),
      ...whyDisabled(store.disabledAgent(agent)?.dig),
      ...{ models: since("model"), environments: since("environment") },
      ...store.agentDeeds(agent),
    };
  }

  function whyDisabled(digest: string | undefined): Pick<AgentReport, "disabled_for" | "disabled_by"> {
    const kept = digest === undefined ? undefined : store.published(digest);
    if (kept === undefined) return {};
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- `disableOne` of this store wrote it
    const { reason, by } = JSON.parse(kept.text) as { reason: string; by: string };
    return { disabled_for: reason, disabled_by: by };
  }

  /** SECURITY: random, as above: the digest in the log gives nothing of the reason away. */
  function recordSwitch(tx: StoreTx, turned: "halted" | "resumed", { what, reason, by }: HaltOrder): void {
    const record = JSON.stringify({
      ...{ format: `countersign-agent-${turned}/1`, ...what, at: now(), by, reason, nonce: randomText(16) },
    });
    const obj = dig(crypto, record);
    tx.publish(obj, "agent", record, now());
    core.records.leaf(tx, { t: "config", obj, kid });
    tx.afterCommit(() => logger.warn(`agent.${turned}`, { ...what }));
  }

  /** @returns the kind and the name under which the store keeps it @throws CountersignError `E_AGENT_UNKNOWN`, `E_CLI_INPUT` */
  function switchOf({ what, reason }: HaltOrder): readonly ["agent" | "type", string] {
    mustSay(reason);
    if ("type" in what) return ["type", what.type];
    known(what.agent);
    return ["agent", what.agent];
  }

  return {
    halt(order) {
      const [kind, id] = switchOf(order);
      return store.writeReserved((tx) => {
        tx.pause(kind, id, now());
        const stopped = core.stop(tx, order.what, { by: "operator", reason: "agent-paused" });
        recordSwitch(tx, "halted", order);
        return stopped;
      });
    },
    resume(order) {
      switchOf(order);
      store.write((tx) => {
        core.resume(tx, order.what);
        recordSwitch(tx, "resumed", order);
      });
    },
    serving: (sub) => (store.disabledAgent(sub) === undefined ? registry.get(sub) : undefined),
    list: () => [...new Set([...registry.keys(), ...store.agentsKept()])].sort().map(lineOf),
    report,
    disable(order) {
      mustSay(order.reason);
      const subs = leaving(order.who);
      const ended = store.writeReserved((tx) => subs.map((sub) => disableOne(tx, sub, order)));
      return ended.map((one) => ({ ...one, report: report(one.agent) }));
    },
  };
}

function mustSay(reason: string): void {
  if (reason.trim() !== "" && reason.length <= MAX_REASON) return;
  throw new CountersignError("E_CLI_INPUT", `The reason has 1 to ${String(MAX_REASON)} characters.`);
}

function registeredAs({
  name,
  owner,
  model,
  environment,
  purpose,
  keys,
}: RegisteredAgent): NonNullable<AgentReport["registered"]> {
  return {
    ...{ name, owner, model, keys: keys.length },
    ...(environment === undefined ? {} : { environment }),
    ...(purpose === undefined ? {} : { purpose }),
  };
}
