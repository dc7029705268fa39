import type { Fact, PolicyClaim, RequestClaims, Risk } from "#shared/protocol/claims/request.ts";
import type { ActionName } from "#shared/protocol/names.ts";
import type { ErrorCode } from "#shared/protocol/registry.ts";
import type { Template } from "#shared/protocol/template.ts";

import type { Budgets } from "./policy/budgets.ts";
import type { IdentityReason } from "./policy/identity.ts";

/**
 * The seams of the gateway: what the request builder needs from policy, facts and execution. Each has one embedded
 * implementation and can be replaced by an engineer's own (README decisions 5, 15).
 */

/** Integer seconds and milliseconds of one clock; injected so that tests can move time. */
export interface Clock {
  /** Unix time, milliseconds. */
  nowMs(): number;
  /** Runs `fn` once after `delayMs`; returns its cancel. */
  after(delayMs: number, fn: () => void): () => void;
}

/** An agent as the registry knows it: nothing here comes from the agent's own words (protocol.md 3.5 `agent`). */
export interface RegisteredAgent {
  readonly sub: string;
  readonly name: string;
  readonly model: string;
  readonly owner: string;
  /** Public keys with which the agent authenticates (private_key_jwt), RFC 7523. */
  readonly keys: readonly RegisteredKey[];
  /** RFC 7638 thumbprint of its DPoP key: then no request is taken without a proof by it (RFC 9449). */
  readonly jkt?: string;
  /** It gets the task's token and carries out itself what was approved, at the adapter (mode B, protocol.md 3.14). Needs `jkt` or `certs`. */
  readonly token?: boolean;
  /** TLS client certificates with which it authenticates, as `x5t#S256` (RFC 8705 section 2.2); tokens are bound to the first. */
  readonly certs?: readonly string[];
  /** SPIFFE ID whose JWT-SVIDs it shows; with `/*` at its end, every workload directly below. */
  readonly spiffe?: string;
  readonly obo?: string;
  /** Action types this agent may ask for. */
  readonly actions: readonly ActionName[];
  /** Reading, writing a patient's record, administering; reading and writing unless said. */
  readonly permissions?: readonly ("read" | "write" | "administer")[];
  /** Where it runs: `production`, `test`, … */
  readonly environment?: string;
  /** What it is for. */
  readonly purpose?: string;
  /**
   * What it is made of beside its model: names of its tools, digests of its prompt and its parameters. Another one is another
   * agent, which starts at the highest tier (AISVS 9.2.5).
   */
  readonly build?: AgentBuild;
}
export interface AgentBuild {
  readonly tools?: readonly string[];
  readonly prompt?: string;
  readonly parameters?: string;
}
/** A public key as a JWK (RFC 7517): P-256 or Ed25519; `alg` may be left out. Checked when the gateway starts. */
export type RegisteredKey = object;

/** One operation, exactly as it will be sent. `body` is the exact text. */
export interface Operation {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE" | "tools/call";
  /** Absolute, under the FHIR base; of a tool call `mcp:<server>/<tool>` (protocol.md 3.5). */
  readonly url: string;
  readonly media: string;
  readonly body: string;
  readonly if_match?: string;
}

/** What an agent asks for. Everything but `operation` is a claim and is shown as one. */
export interface RequestDraft {
  readonly agent: string;
  readonly operation: Operation;
  readonly action?: ActionName;
  /** SMART scopes for supporting reads that the approver may drop (`urn:countersign:rar:smart-scope:1`). */
  readonly scopes?: readonly string[];
  readonly rationale?: { readonly trigger: NonNullable<RequestClaims["rationale"]>["trigger"]; readonly text: string };
  /** Structured claims that are compared with the record (e.g. weight), path → value; conflicts become facts. */
  readonly claims?: readonly { readonly code: string; readonly value: string; readonly unit?: string }[];
  readonly task?: {
    readonly id: string;
    readonly goal: string;
    readonly idx?: number;
    readonly of?: number;
    readonly next_hint?: string;
  };
  readonly initiator?: { readonly kind: "human" | "schedule" | "event"; readonly person?: string };
  readonly attachments?: NonNullable<RequestClaims["action"]["attachments"]>;
  /** Seconds the approver has; capped by policy and by 24 h. */
  readonly expires_in?: number;
  /** The same key always gives the same request: a retry never makes a second one. */
  readonly idempotency_key?: string;
}

/** What the record says about the operation, gathered by the gateway. */
export interface Gathered {
  /** Absent for a call of a tool alone: nobody but the tool knows whom it is about. */
  readonly patient?: NonNullable<RequestClaims["patient"]>;
  readonly facts: readonly Fact[];
  readonly checks: NonNullable<RequestClaims["checks"]>;
  /** Exact text of the current resource and its version, for updates. */
  readonly before?: { readonly text: string; readonly version: string };
}

export interface FactsPort {
  /** @throws CountersignError `E_OP_BODY`, `E_OP_PATIENT`, `E_UPSTREAM` */
  gather(draft: RequestDraft, action: ActionName): Promise<Gathered>;
}

export interface PolicyInput {
  readonly agent: RegisteredAgent;
  readonly action: ActionName;
  readonly operation: Operation;
  readonly gathered: Gathered;
  readonly initiator: NonNullable<RequestClaims["initiator"]>;
  readonly attachments: NonNullable<RequestClaims["action"]["attachments"]>;
  readonly scopes: readonly string[];
  /** How often the same operation on the same patient was asked and denied before. */
  readonly history: { readonly asked: number; readonly denied: number };
  /** Risks of the earlier steps of the same task: a task is as risky as its riskiest step. */
  readonly chain?: readonly Risk[];
  /** What the gateway found about who asks: an identity that is used for more than one agent, or is a changed one. */
  readonly identity?: readonly IdentityReason[];
}

/** A read that an agent wants to make by itself, before or beside any request. */
export interface ReadInput {
  readonly agent: RegisteredAgent;
  /** FHIR resource type. */
  readonly type: string;
}

export type PolicyVerdict =
  | { readonly kind: "allow"; readonly rule: string }
  | { readonly kind: "refuse"; readonly code: ErrorCode; readonly reason: string }
  | {
      readonly kind: "ask";
      readonly policy: PolicyClaim;
      readonly risk: Risk;
      readonly risk_reasons: readonly string[];
      readonly reversible: RequestClaims["action"]["reversible"];
      readonly reach: NonNullable<RequestClaims["action"]["reach"]>;
      readonly template: Template;
      /** Seconds the request stays open, and the token it may lead to lives. */
      readonly ttl_s: number;
      readonly grant_ttl_s: number;
      readonly origin_code: boolean;
    };

/** Risk, quorum, hold and friction come from here and from nowhere else (README decision 15). */
export interface PolicyPort {
  /** @throws CountersignError `E_OP_UNSUPPORTED`, `E_OP_BODY` for an operation that cannot be read */
  evaluate(input: PolicyInput): PolicyVerdict;
  /** How much people may be asked; without limit where absent. */
  readonly budgets?: Budgets | undefined;
}

/** Reads are allowed or refused, never asked for: a read that needs a person is a scope of a request. */
export interface ReadPolicyPort {
  read(input: ReadInput): Exclude<PolicyVerdict, { readonly kind: "ask" }>;
}

export type ExecutionResult =
  | {
      readonly kind: "done";
      readonly status: number;
      readonly location?: string;
      readonly etag?: string;
      readonly body: string;
    }
  | { readonly kind: "refused"; readonly status: number; readonly body: string }
  /** Certainly not executed, and sending it (again) under the same key cannot execute it twice. */
  | { readonly kind: "absent"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

/** Sends the exact bytes of an approved operation (mode A). */
export interface ExecutorPort {
  execute(input: {
    readonly operation: RequestClaims["action"]["op"];
    /** `rid.rev`, sent as `Idempotency-Key` and used to look for the outcome after a crash. */
    readonly execution_id: string;
    readonly token: string;
  }): Promise<ExecutionResult>;
  /** After a crash: was this execution done? Never repeats it. */
  find(input: {
    readonly operation: RequestClaims["action"]["op"];
    readonly execution_id: string;
  }): Promise<ExecutionResult>;
}
