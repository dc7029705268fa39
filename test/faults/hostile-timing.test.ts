import { randomInt } from "node:crypto";
import { Agent, request } from "node:http";

import { expect, it } from "vitest";

import { seal, newKey, uuid7, nowS } from "../blackbox/signed.ts";
import { open } from "../blackbox/hospital.ts";

/** Row F17 of the fault matrix (reliability.md 7), at the door where whoever sends has proved nothing. */

const TYP = "countersign-decision+jwt";
/** As many as one address may send at once (protocol.md 3.4.4); each of the loopback addresses is another sender. */
const PER_ADDRESS = 57;
const MOST_MS = 40_000;
const SIGNATURES = 200;

interface Answered {
  readonly text: string;
  readonly us: number;
}

function post(url: URL, body: string, agent: Agent, localAddress: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const { hostname, port } = url;
    const headers = { "content-type": "application/countersign-decision+jwt", "content-length": body.length };
    const path = "/countersign/v1/decisions";
    request({ hostname, port, path, method: "POST", headers, agent, localAddress }, (res) => {
      let text = String(res.statusCode);
      res.on("data", (chunk: Buffer) => (text += ` ${chunk.toString()}`));
      res.on("end", () => resolve({ text, us: Number(process.hrtime.bigint() - began) / 1000 }));
    })
      .on("error", reject)
      .end(body);
  });
}

const middle = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? NaN;
/** Without the slowest tenth, which is the machine's: what dudect calls cropping. */
const cropped = (all: readonly number[]): number[] =>
  all.toSorted((a, b) => a - b).slice(0, Math.floor(all.length * 0.9));
function welch(a: readonly number[], b: readonly number[]): number {
  const [one, two] = [a, b].map((all) => {
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
    return { mean, error: all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (all.length - 1) / all.length };
  });
  return (one!.mean - two!.mean) / Math.sqrt(one!.error + two!.error);
}

it("F17: a key that nobody has and a bad signature of one that is known get the same answer, after the same work: a signature is checked whoever is named", async (context) => {
  context.skip(process.platform !== "linux", "only Linux gives every loopback address to whoever asks");
  const hospital = await open();
  try {
    const lee = await hospital.enrol("lee");
    const claims = () => ({ ver: 1, iss: lee.claims.device, sub: lee.claims.sub, iat: nowS(), jti: uuid7() });
    const [stranger, url] = [newKey(), new URL(hospital.url)];
    const kinds = {
      unknown: () => seal(stranger, TYP, claims()),
      // Signed by somebody else in a known key's name.
      bad: () => seal(stranger, TYP, claims(), { kid: lee.key.kid }),
      // The control: refused by its form, and no signature is looked at.
      malformed: () => seal(stranger, TYP, claims(), { alg: "none" }),
    };
    const names = ["unknown", "bad", "malformed"] as const;
    // Many of each: how long a signature takes to check depends a little on its numbers.
    const bodies = Object.fromEntries(
      names.map((name) => [name, Array.from({ length: SIGNATURES }, kinds[name])]),
    ) as Record<keyof typeof kinds, string[]>;
    const took: Record<keyof typeof kinds, number[]> = { unknown: [], bad: [], malformed: [] };
    const answers = new Set<string>();
    const until = performance.now() + MOST_MS;
    for (let n = 2; n < 60_000 && performance.now() < until && took.bad.length < 8_000; n++) {
      const localAddress = `127.0.${String(n >> 8)}.${String(n & 255)}`;
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < PER_ADDRESS; i++) {
        // By chance, since what came before takes its part of the time of the next; the first of a connection is no sample.
        const name = names[randomInt(names.length)]!;
        const { text, us } = await post(url, bodies[name][(i * 7 + n) % SIGNATURES]!, agent, localAddress);
        answers.add(text);
        if (i > 2) took[name].push(us);
      }
      agent.destroy();
    }
    expect([...answers]).toEqual([expect.stringMatching(/^400 \{"code":"E_SIG_BAD"/)]);
    const { unknown, bad, malformed } = took;
    const [u, b, m] = [cropped(unknown), cropped(bad), cropped(malformed)];
    console.log(
      `F17: ${String(b.length)} of each; |t| unknown key against bad signature ${Math.abs(welch(u, b)).toFixed(2)}, ` +
        `no signature looked at ${Math.abs(welch(m, b)).toFixed(2)}; medians ${middle(u).toFixed(0)}, ` +
        `${middle(b).toFixed(0)}, ${middle(m).toFixed(0)} us`,
    );
    expect(b.length).toBeGreaterThan(500);
    expect(Math.abs(welch(u, b))).toBeLessThan(4.5);
    // The work of a signature is there where no key is: what is left between the two is small beside it.
    const work = middle(b) - middle(m);
    expect(work).toBeGreaterThan(0);
    expect(middle(u) - middle(m)).toBeGreaterThan(work / 2);
  } finally {
    await hospital.close();
  }
});
