import { expect, it, onTestFinished } from "vitest";

import { serveMetrics } from "../../../gateway/cli/metrics-server.ts";

const tls = undefined;

async function serving(expose: () => Promise<{ media: string; text: string }>) {
  const served = await serveMetrics({ expose }, { host: "127.0.0.1", port: 0, tls });
  onTestFinished(async () => await served.close());
  return served.url;
}

it("answers GET /metrics in Prometheus' own type, and nothing else", async () => {
  const url = await serving(async () => ({ media: "text/plain; version=0.0.4; charset=utf-8", text: "a 1\n" }));
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
    ...[200, "text/plain; version=0.0.4; charset=utf-8", "a 1\n"],
  ]);
  expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
  expect((await fetch(url, { method: "POST" })).status).toBe(405);
  for (const other of ["/", "/healthz", "/.well-known/countersign-gateway"]) {
    expect((await fetch(new URL(other, url))).status).toBe(404);
  }
});

it("says nothing of a fault but that there is one", async () => {
  const url = await serving(() => Promise.reject(new Error("Ruth EXAMPLE")));
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining("Ruth") as string]);
});

it("is plain on loopback alone", async () => {
  const { expose } = { expose: async () => ({ media: "", text: "" }) };
  await expect(serveMetrics({ expose }, { host: "0.0.0.0", port: 0, tls })).rejects.toMatchObject({ code: "E_TLS" });
});
