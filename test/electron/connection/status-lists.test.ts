import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

import { describe, expect, it, onTestFinished } from "vitest";

import { httpGet } from "../../../electron/connection/template-registry.ts";
import { makeStatusLists } from "../../../electron/connection/status-lists.ts";
import { crypto, DIRECTORY_ISS, makeHospital, STATUS_URI, T0 } from "../hospital.ts";

const AT = { uri: STATUS_URI, idx: 7 };

async function arrange() {
  const hospital = makeHospital();
  const asked: string[] = [];
  const answer = { text: hospital.statusList() as string | undefined };
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(answer.text === undefined ? 404 : 200).end(answer.text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const endpoint = new URL(`ws://127.0.0.1:${String(port)}/countersign/v1/feed`);
  const directory = { iss: DIRECTORY_ISS, key: crypto.importKey(hospital.directory.jwk) };
  return { hospital, asked, answer, lists: makeStatusLists(crypto, httpGet(""), endpoint, directory) };
}

describe("the directory's status lists", () => {
  it.each([
    [0, "valid"],
    [1, "revoked"],
    [2, "suspended"],
    // A status that this version does not know is not a valid one.
    [3, "suspended"],
  ] as const)("say of %s that a key is %s, fetched from the host of the connection", async (status, standing) => {
    const { hospital, asked, answer, lists } = await arrange();
    answer.text = hospital.statusList({ 7: status });
    expect(lists.standing(AT)).toBeUndefined();
    expect(await lists.fetch(AT, T0)).toBe(60);
    expect(lists.standing(AT)).toBe(standing);
    expect(lists.standing({ ...AT, idx: 8 })).toBe("valid");
    expect(asked).toEqual(["/status/1"]);
  });

  it.each(["https://elsewhere.example/status/1", "https://gateway.example//elsewhere.example/status/1?a=b#c"])(
    "are asked of nobody else, whatever host they are named after: %s",
    async (uri) => {
      const { hospital, asked, answer, lists } = await arrange();
      answer.text = hospital.statusList({}, { sub: uri });
      await lists.fetch({ uri, idx: 7 }, T0);
      expect(asked).toEqual([new URL(uri).pathname]);
      expect(lists.standing({ uri, idx: 7 })).toBe("valid");
    },
  );

  it.each(["/status/1", "file:///etc/passwd", "status", "javascript:alert(1)", ""])(
    "are not asked for at %j, which is no address",
    async (uri) => {
      const { asked, lists } = await arrange();
      await expect(lists.fetch({ uri, idx: 7 }, T0)).rejects.toMatchObject({ code: "E_CLM_SHAPE" });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ["nothing", () => undefined],
    ["no token", () => "a.b.c"],
    ["another directory's", () => makeHospital().statusList()],
    ["signed by the gateway", (h: ReturnType<typeof makeHospital>) => h.statusList({}, {}, h.gateway)],
    [
      "under another issuer",
      (h: ReturnType<typeof makeHospital>) => h.statusList({}, { iss: "https://other.example" }),
    ],
    [
      "another list",
      (h: ReturnType<typeof makeHospital>) => h.statusList({}, { sub: "https://other.example/status/1" }),
    ],
    ["from the future", (h: ReturnType<typeof makeHospital>) => h.statusList({}, { iat: T0 + 61 })],
    ["one that has ended", (h: ReturnType<typeof makeHospital>) => h.statusList({}, { exp: T0 })],
    [
      "one that cannot be unpacked",
      (h: ReturnType<typeof makeHospital>) => h.statusList({}, { status_list: { bits: 2, lst: "AAAA" } }),
    ],
    [
      "one of another width",
      (h: ReturnType<typeof makeHospital>) => h.statusList({}, { status_list: { bits: 1 as 2, lst: "AAAA" } }),
    ],
  ] as const)("are no list when they are %s", async (_what, list) => {
    const { hospital, answer, lists } = await arrange();
    await lists.fetch(AT, T0);
    answer.text = list(hospital);
    await expect(lists.fetch(AT, T0)).rejects.toMatchObject({ name: "CountersignError" });
    expect(lists.standing(AT)).toBe("valid");
  });

  it("are no list for a place that they do not have", async () => {
    const { lists } = await arrange();
    await expect(lists.fetch({ ...AT, idx: 1024 }, T0)).rejects.toMatchObject({ code: "E_CLM_SHAPE" });
    expect(lists.standing({ ...AT, idx: 1024 })).toBeUndefined();
  });

  it("do not lift a stop by an older one", async () => {
    const { hospital, answer, lists } = await arrange();
    answer.text = hospital.statusList({ 7: 2 }, { iat: T0 - 10 });
    await lists.fetch(AT, T0);
    answer.text = hospital.statusList({}, { iat: T0 - 11 });
    await expect(lists.fetch(AT, T0)).rejects.toMatchObject({ code: "E_CLM_SHAPE" });
    expect(lists.standing(AT)).toBe("suspended");
    answer.text = hospital.statusList({}, { iat: T0 - 10 });
    await lists.fetch(AT, T0);
    expect(lists.standing(AT)).toBe("valid");
  });
});
