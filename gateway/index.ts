/** The gateway kit's public API: `import { createGateway } from "countersign/gateway"`. Explicit names, nothing else. */

export { createGateway } from "./create-gateway.ts";
export type { Gateway, GatewayOptions } from "./create-gateway.ts";
export type { McpServerOptions } from "./agents/mcp/options.ts";
export type { Core, DecisionOutcome, Raised, RequestStatusView } from "./core.ts";
export type {
  Clock,
  ExecutionResult,
  ExecutorPort,
  FactsPort,
  Gathered,
  Operation,
  PolicyInput,
  PolicyPort,
  PolicyVerdict,
  RegisteredAgent,
  RequestDraft,
} from "./ports.ts";
export type { Store, StoreReads, StoreTx } from "./store/store.ts";
export type { Logger } from "./transport/logger.ts";
export { CountersignError } from "#shared/protocol/error.ts";
export { initDirectory, openAuthority, openDirectory } from "./directory/directory.ts";
export type { Authority, GatewayRegistration, PendingEnrolment } from "./directory/authority.ts";
export type { Directory } from "./directory/directory.ts";
export { fhirExecutor } from "./executor/fhir.ts";
export { factsWithCds, type CdsOptions, type CdsService } from "./requests/facts-cds.ts";
export { fhirFacts } from "./requests/facts-fhir.ts";
export { openSqliteStore } from "./store/sqlite.ts";
export { systemClock } from "./system-clock.ts";
export { cedarPolicy } from "./policy/cedar/policy.ts";
export { SHIPPED_FILES, type PolicyFiles } from "./policy/cedar/load.ts";
