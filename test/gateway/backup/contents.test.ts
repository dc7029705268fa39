import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { contentsOf } from "../../../gateway/backup/contents.ts";
import { gatewayConfig } from "../../../gateway/cli/config.ts";

it("keeps accepted tools with the configuration, and tokens for MCP servers with the secrets", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "countersign-contents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const servers = {
    ehr: { url: "https://ehr.example/mcp", token: "ehr-token.txt" },
    lab: { url: "https://lab.example/mcp", token: "/run/secrets/lab" },
    ward: { command: ["/opt/ward"] },
  };
  const config = gatewayConfig.parse({
    ...{ format: "countersign-gateway/1", iss: "https://gw.example", name: "N", host: "127.0.0.1", port: 0 },
    ...{ ws_endpoint: null, directory: "/srv/directory", fhir_base: "https://fhir.example/r4", pools: ["p"] },
    ...{ agents: "agents.json", enf: "gateway", allowed_origins: [], mcp: { servers } },
  });
  for (const file of ["gateway.json", "agents.json", "mcp-tools.json", "ehr-token.txt"]) {
    writeFileSync(path.join(folder, file), "x");
  }
  expect(contentsOf(folder, config)).toEqual({
    open: ["gateway.json", "mcp-tools.json", "agents.json"],
    secret: ["ehr-token.txt"],
    elsewhere: ["/srv/directory", "/run/secrets/lab"],
  });
});
