import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";

import { expect, it } from "vitest";

import { dispatch, type Handlers } from "../../electron/ipc/dispatch.ts";
import { isOwnPage } from "../../electron/ipc/sender.ts";
import { deepLinkIn, parseDeepLink } from "../../electron/shell/deep-link.ts";
import { arrange } from "../electron/hostile/arrange.ts";
import { startGateway } from "../gateway/transport/harness.ts";

/** Rows F18, F20 and F21 of the fault matrix (reliability.md 7): compression, the page's door, and links. */

const UPGRADE = [
  "Host: gateway",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol: countersign.v1",
];

it("F18: compression that is offered is not agreed on, a frame that is compressed all the same ends the socket, and a compressed body is not unpacked", async () => {
  const { serving, connect: session } = await startGateway();
  const { hostname, port, pathname } = new URL(serving.wsUrl);
  const socket = connect(Number(port), hostname);
  const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame";
  socket.write(`GET ${pathname} HTTP/1.1\r\n${[...UPGRADE, offer].join("\r\n")}\r\n\r\n`);
  const [head] = (await once(socket, "data")) as [Buffer];
  expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /);
  expect(head.toString()).not.toMatch(/sec-websocket-extensions/i);
  // Text, FIN and RSV1 (RFC 7692), masked with zeros.
  const bomb = gzipSync(Buffer.alloc(10_000_000));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bomb.length);
  const answered = once(socket, "data");
  socket.write(Buffer.concat([Buffer.of(0xc1, 0xfe), length, Buffer.alloc(4), bomb]));
  const [frame] = (await answered) as [Buffer];
  // A close frame with 1002.
  expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 1002]);
  socket.destroy();
  const res = await fetch(`${serving.url}/countersign/v1/decisions`, {
    method: "POST",
    headers: { "content-type": "application/countersign-decision+jwt", "content-encoding": "gzip" },
    body: bomb,
  });
  expect(res.status).toBeGreaterThanOrEqual(400);
  expect(res.status).toBeLessThan(500);
  expect((await session()).ws.extensions).toBe("");
  expect((await fetch(`${serving.url}/healthz`)).status).toBe(200);
});

it("F18: the workstation offers no compression, and a gateway's compressed frame ends the connection", async () => {
  const v = await arrange();
  expect(v.status().connection.kind).toBe("live");
  v.gateway.raw(Buffer.concat([Buffer.of(0xc1, 4), Buffer.from("abcd")]));
  expect([1002, 1006]).toContain(await v.gateway.closed.next());
  await v.connection("offline");
  expect(v.desk.rows()).toEqual([]);
  v.expectNothingSigned();
});

it("F20: a call from a frame, of an unknown name, with too much or with tricks of the prototype is refused by the one door, and runs nothing", async () => {
  for (const frame of [
    null,
    { url: "countersign-app://app/index.html", parent: {} },
    { url: "", parent: null },
    { url: "countersign-app://app.evil/index.html", parent: null },
    { url: "file:///countersign-app://app/", parent: null },
  ])
    expect(isOwnPage(frame)).toBe(false);
  const ran: string[] = [];
  const handlers = new Proxy({} as Handlers, {
    get: (_target, name) => () => ran.push(String(name)),
  });
  const hostile: unknown[] = [
    ...[undefined, null, 7, "lock", [], { command: 7 }, { command: "sign" }, { command: "" }],
    ...["__proto__", "constructor", "toString", "hasOwnProperty"].map((command) => ({ command, input: undefined })),
    JSON.parse('{"command":"lock","__proto__":{"input":1},"more":1}') as unknown,
    { command: "unlock", input: { kid: "K".repeat(43), pin: "1".repeat(10_000_000) } },
    { command: "unlock", input: JSON.parse('{"__proto__":{"kid":"a","pin":"b"}}') as unknown },
    { command: "unlock", input: Object.create({ kid: "K".repeat(43), pin: "730415" }) as unknown },
    { command: "decide", input: { key: { iss: "x", rid: "../../etc" }, rev: Infinity, digest: {}, choice: null } },
    { command: "open_review", input: { key: new Array(1_000_000).fill("x") } },
  ];
  for (const raw of hostile)
    // As it is after the trip between the processes.
    expect(await dispatch(handlers, structuredClone(raw), () => undefined)).toMatchObject({
      ok: false,
      error: { code: "E_CLI_INPUT" },
    });
  expect(ran).toEqual([]);
});

it("F21: of a link, and of what a second start was given, only an id is read: nothing else of it reaches the app", () => {
  const rid = "019f0000-0000-7000-8000-000000000001";
  const junk = [
    ...[
      "countersign://",
      "countersign://r",
      "countersign://r/",
      `countersign://r/${rid}/approve`,
      `countersign://R/../${rid}`,
    ],
    ...[`countersign://r/${rid.toUpperCase()}`, `countersign://r/${rid}%00`, `countersign://r/%2e%2e`],
    ...[
      `countersign://approve/${rid}`,
      `countersign:r/${rid}`,
      `https://r/${rid}`,
      `file:///r/${rid}`,
      `javascript:${rid}`,
    ],
    ...[
      `countersign://user:word@r.evil/${rid}`,
      `countersign://r/${"9".repeat(1_000_000)}`,
      "countersign://r/__proto__",
    ],
    ...[`countersign://r/${rid}' OR 1=1`, `countersign://r/019f0000-0000-4000-8000-000000000001`, "\u0000", ""],
  ];
  for (const link of junk) expect([link.slice(0, 80), parseDeepLink(link)]).toEqual([link.slice(0, 80), undefined]);
  const injected = [
    "--inspect=0.0.0.0:9229",
    "--load-extension=/x",
    "--countersign-demo=on",
    "--no-sandbox",
    "/etc/passwd",
  ];
  expect(deepLinkIn(["app", ...injected, ...junk])).toBeUndefined();
  expect(deepLinkIn(["app", ...injected, `countersign://r/${rid}?choice=approve&pin=1#sign`, ...junk])).toBe(rid);
});
