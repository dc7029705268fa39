import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, it, onTestFinished } from "vitest";

import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { templateDigest } from "#shared/protocol/digest.ts";

import { httpGet, makeTemplateRegistry } from "../../../electron/connection/template-registry.ts";
import { crypto } from "../hospital.ts";

const own = { ...BUILTIN_TEMPLATES.medicationOrder, id: "urn:northgate:tpl:order" };
const dig = templateDigest(crypto, own);

async function arrange(answer: (path: string) => string | undefined) {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? "");
    const text = answer(request.url ?? "");
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const endpoint = new URL(`ws://127.0.0.1:${String(port)}/countersign/v1/feed`);
  return { asked, registry: makeTemplateRegistry(crypto, httpGet(""), endpoint) };
}

const discovery = JSON.stringify({
  template_registry_uri: "https://gateway.northgate.example/countersign/v1/templates",
});
const serve = (template: string) => (path: string) =>
  path === "/.well-known/countersign-gateway" ? discovery : path.endsWith(dig) ? template : undefined;

describe("the registry of templates", () => {
  it("fetches by digest from the host of the connection, once", async () => {
    const { asked, registry } = await arrange(serve(JSON.stringify(own)));
    expect(registry.known(dig)).toBeUndefined();
    await Promise.all([registry.fetch(dig), registry.fetch(dig)]);
    expect(registry.known(dig)).toEqual(own);
    expect(asked).toEqual(["/.well-known/countersign-gateway", `/countersign/v1/templates/${dig}`]);
  });

  it.each(["https://gateway.example//elsewhere.example/templates", "https://elsewhere.example/templates"])(
    "asks nobody else, whatever discovery says: %s",
    async (uri) => {
      const { asked, registry } = await arrange((path) =>
        path === "/.well-known/countersign-gateway"
          ? JSON.stringify({ template_registry_uri: uri })
          : JSON.stringify(own),
      );
      expect(await registry.fetch(dig)).toEqual(own);
      expect(asked).toEqual(["/.well-known/countersign-gateway", `${new URL(uri).pathname}/${dig}`]);
    },
  );

  it.each([
    ["another template than the digest says", JSON.stringify({ ...own, statement: "I agree to anything." })],
    ["something that is no template", JSON.stringify({ ...own, script: "alert(1)" })],
    ["no JSON", "<html>"],
    ["more than a template can be", JSON.stringify({ ...own, statement: "x".repeat(300_000) })],
  ])("takes nothing when the answer is %s", async (_what, text) => {
    const { registry } = await arrange(serve(text));
    expect(await registry.fetch(dig)).toBeUndefined();
    expect(registry.known(dig)).toBeUndefined();
  });

  it("takes nothing from a host that does not know it, or is not there", async () => {
    const { registry } = await arrange(() => undefined);
    expect(await registry.fetch(dig)).toBeUndefined();
    const gone = makeTemplateRegistry(crypto, httpGet(""), new URL("ws://127.0.0.1:1/"));
    expect(await gone.fetch(dig)).toBeUndefined();
  });
});
