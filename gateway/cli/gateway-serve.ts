import path from "node:path";

import { makeNodeCrypto } from "#shared/crypto/node-crypto.ts";
import { CountersignError } from "#shared/protocol/error.ts";

import { TOKEN_LIST, type Assembled } from "../assemble.ts";
import { watchClock } from "../clock-watch.ts";
import { hasRootKey } from "../directory/directory.ts";
import type { Meters } from "../metrics/meters.ts";
import { retainDaily } from "../retention/job.ts";
import { cutTraces } from "../retention/traces.ts";
import { whileTimeIsBelieved } from "../retention/timely.ts";
import { storeFailed } from "../store/failure.ts";
import type { Clock } from "../ports.ts";
import type { Logger } from "../transport/logger.ts";
import { systemRandomness } from "../transport/randomness.ts";
import type { TlsFiles } from "../transport/listen.ts";
import { bind } from "../transport/serve.ts";
import { openAdmin } from "./admin-server.ts";
import { command } from "./command.ts";
import { limitsOf, readConfig, type GatewayConfig } from "./config.ts";
import { DATA_OPTION, dataFolder } from "./folders.ts";
import { jsonLogger } from "./json-logger.ts";
import { serveMetrics } from "./metrics-server.ts";
import { openGateway } from "./open-gateway.ts";

/** `gateway serve`: one JSON line when ready; stops when asked to, after what is under way is done. */
export const gatewayServe = command({
  name: "gateway serve",
  usage: "[--data FOLDER] [--host ADDRESS] [--port N]",
  summary: "Serves the gateway until it is stopped. Prints one line of JSON with its addresses when it is ready.",
  takes: 0,
  options: { ...DATA_OPTION, host: { type: "string" }, port: { type: "string" } },
  async run({ values, io }) {
    const stopped = io.stopped();
    const stopping = new AbortController();
    void stopped.then(() => stopping.abort());
    const folder = dataFolder(values.data, io);
    const config = readConfig(folder);
    const { clock } = io;
    const meters = config.metrics && (await import("../metrics/meters.ts")).makeMeters();
    const lines = jsonLogger((line) => io.err(line), clock, io.env["COUNTERSIGN_LOG"] ?? "warn");
    const logger = meters === undefined ? lines : counted(lines, meters);
    // SECURITY: a parser's fault quotes what it read, and standard error is kept by log collectors (protocol.md 3.19).
    io.onCrash((error) => {
      logger.error("process.fault", { error: error instanceof Error ? error.name : typeof error });
      if (io.env["COUNTERSIGN_DEBUG"] !== undefined && error instanceof Error) io.err(error.stack ?? "");
    });
    const tls = config.tls && tlsOf(folder, config.tls);
    // The socket first: a port in use is said before anything is opened, and 503 is the answer until all is.
    const bound = await bind({
      host: values.host ?? config.host,
      port: portOf(values.port) ?? config.port,
      ...(tls === undefined ? {} : { tls }),
      ...(meters === undefined ? {} : { traffic: meters }),
      ...{ allowedOrigins: config.allowed_origins, clock, logger, enf: config.enf, limits: limitsOf(config) },
    });
    const undo: (() => Promise<void>)[] = [() => bound.close()];
    try {
      const { mcp: servers, fhir_base } = config;
      const mcp =
        servers && (await import("./mcp-side.ts")).mcpSide(folder, { mcp: servers, fhir_base }, { clock, logger });
      const opened = await openGateway(folder, {
        ...{ clock, logger, wsEndpoint: bound.wsUrl, meters, mcp },
        audit: { signal: stopping.signal, onProgress: (how) => bound.auditing(how) },
      });
      const { assembled, doors, policy } = opened;
      undo.unshift(async () => {
        await doors.close();
        await assembled.close();
      });
      const { core, tokens, roster, time, audit } = assembled;
      const watch = watchClock(
        clock,
        () => performance.now(),
        (isWrong, off_ms) =>
          isWrong ? logger.error("clock.jumped", { off_ms }) : logger.warn("clock.right", { off_ms }),
      );
      undo.unshift(() => {
        watch.close();
        return Promise.resolve();
      });
      const keeper = whileTimeIsBelieved(assembled.keeper, () => watch.fault());
      const { kind, known, now } = time.standing();
      if (core.store.keyChange() !== undefined) logger.warn("store.key-change");
      if (kind !== "believed") logger.error("clock.doubted", { standing: kind, known, now });
      const admin = await openAdmin(core, {
        ...{ folder, fhirBase: config.fhir_base, random: systemRandomness, pid: process.pid, roster, keeper },
        rekeying: assembled.rekeying,
        evidence: assembled.evidence,
        ...(mcp === undefined ? {} : { tools: mcp.catalogue }),
      });
      undo.unshift(() => admin.close());
      meters?.watch({
        ...{ sockets: () => bound.connections(), logEntries: () => core.store.logSize() },
        ...{ auditing: () => audit?.progress(), auditedAt: () => audit?.wholeAt() ?? 0 },
        isClockDoubted: () => (watch.fault() ?? time.fault()) !== undefined,
      });
      const retention = retainDaily(keeper, {
        clock,
        logger,
        ...(meters && { onErased: (keys) => meters.erased(keys) }),
      });
      const traces = cutTraces(keeper, { clock, logger });
      undo.unshift(() => {
        retention.close();
        traces.close();
        return Promise.resolve();
      });
      const metrics = meters && config.metrics && (await serveMetrics(meters, { ...config.metrics, tls }));
      undo.unshift(async () => await metrics?.close());
      const adapter = await adapterOf(config, assembled, { clock, logger, tls });
      undo.unshift(async () => await adapter?.close());
      bound.start(core, {
        routes: doors.routes,
        discovery: doors.discovery,
        // Time does not go back: what has expired would be taken for valid. One that may be right is left to a person.
        fault: () =>
          core.store.fault() ?? watch.fault() ?? (time.standing().kind === "behind" ? time.fault() : undefined),
        statusLists: (name) => (name === TOKEN_LIST ? tokens.statusList() : undefined),
      });
      if (hasRootKey(config.directory)) logger.warn("directory.root-key-on-this-host");
      io.out(
        JSON.stringify({
          ...{ iss: config.iss, url: bound.url, ws_url: bound.wsUrl, data: folder, pid: process.pid },
          policy: { id: policy.id, ver: policy.version },
          ...(metrics === undefined ? {} : { metrics_url: metrics.url }),
          ...(adapter === undefined ? {} : { adapter_url: adapter.url }),
        }),
      );
      const failed = storeFailed(core.store, clock, () => logger.error("store.failed"));
      const isStopped = await Promise.race([stopped.then(() => true), failed.then(() => false)]);
      watch.close();
      retention.close();
      traces.close();
      // New sockets are refused and clients told to come back before anything behind them closes.
      await admin.close();
      await bound.close("restart");
      await metrics?.close();
      await adapter?.close();
      await doors.close();
      if (isStopped) await assembled.close();
      // Nothing more can be signed or stored, so there is nothing to close properly.
      return isStopped ? 0 : 1;
    } catch (error) {
      for (const fn of undo) await fn();
      // Asked to stop before it served.
      if (error === stopping.signal.reason) return 0;
      throw error;
    }
  },
});

/** @throws CountersignError `E_CLI_INPUT`: agents that get tokens, and nowhere to use them, or the reverse; as `listen` */
async function adapterOf(
  { adapter, adapters, fhir_base }: GatewayConfig,
  { handOut }: Assembled,
  around: { readonly clock: Clock; readonly logger: Logger; readonly tls: TlsFiles | undefined },
): Promise<{ readonly url: string; close(): Promise<void> } | undefined> {
  const isWithout = adapter === undefined && adapters === undefined;
  if (handOut === undefined ? adapter !== undefined : isWithout) {
    throw new CountersignError(
      "E_CLI_INPUT",
      "adapter or adapters in gateway.json and agents with token in agents.json go together.",
    );
  }
  if (adapter === undefined || handOut === undefined) return undefined;
  const { serveAdapter } = await import("../executor/serve-adapter.ts");
  return await serveAdapter({
    ...{ ...around, ...adapter, grants: handOut.grants, executor: handOut.executor },
    ...{ crypto: makeNodeCrypto(), fhirBase: fhir_base.replace(/\/$/, "") },
  });
}

/** Errors are counted where they are logged. */
const counted = (logger: Logger, meters: Meters): Logger => ({
  ...logger,
  error(event, fields) {
    meters.fault(event);
    logger.error(event, fields);
  },
});

function portOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const port = Number(given);
  if (!/^\d{1,5}$/.test(given) || port > 65_535) throw new CountersignError("E_CLI_INPUT", `${given} is not a port.`);
  return port;
}

const tlsOf = (folder: string, { cert, key, client_certificates }: NonNullable<GatewayConfig["tls"]>): TlsFiles => ({
  certFile: path.resolve(folder, cert),
  keyFile: path.resolve(folder, key),
  clientCertificates: client_certificates === true,
});
