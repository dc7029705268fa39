import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { describe, expect, it } from "vitest";

import { mustSee } from "#shared/presentation/presentation.ts";
import { BUILTIN_TEMPLATES } from "#shared/presentation/templates/builtin.ts";
import { encodeBase64url } from "#shared/protocol/base64url.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";
import { jdig } from "#shared/protocol/digest.ts";
import { encodeUtf8 } from "#shared/protocol/utf8.ts";

import { makeDraw } from "../../../electron/requests/draw.ts";
import { makeRevision } from "../../../electron/requests/revision.ts";
import { crypto } from "../hospital.ts";
import { makeRequest, ORDER } from "../../shared/presentation/fixtures/request.ts";

const template = BUILTIN_TEMPLATES.medicationOrder;
const draw = makeDraw(() => "Europe/London");
/** Of which nothing was drawn before. */
const ITS_OWN = { ...template };
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const part = (value: object): string => encodeBase64url(encodeUtf8(JSON.stringify(value)));
/** Shaped as a request is; who signed it is not asked here. */
const jwsOf = (claims: RequestClaims): string =>
  [
    part({ alg: "ES256", kid: "k", typ: "countersign-request+jwt" }),
    part(claims),
    encodeBase64url(new Uint8Array(64).fill(7)),
  ].join(".");
const revisionOf = (claims: RequestClaims, digest = jdig(crypto, jwsOf(claims))) =>
  makeRevision({
    ...{ crypto, jws: jwsOf(claims), claims, digest, template, draw },
    presentation: draw(claims, template),
    verdict: { kind: "accepted" },
  });

describe("a revision that is kept", () => {
  const order = makeRequest();
  const other = makeRequest({ body: ORDER.replace("2.0MG", "4.0MG"), claims: { exp: order.exp + 60 } });
  it("gives back the very text that was verified, the first of its template and those after it", () => {
    for (const claims of [order, other, order]) {
      const { jws, claims: again } = revisionOf(claims).content();
      expect(jws).toBe(jwsOf(claims));
      expect(again).toEqual(claims);
    }
  });
  it("gives nothing back that is not what was verified: what is read and signed has that digest", () => {
    const kept = revisionOf(order, jdig(crypto, jwsOf(other)));
    expect(() => kept.content()).toThrow(expect.objectContaining({ code: "E_REQ_DIGEST" }));
  });
  it("tells the fields that must be seen as they are drawn", () => {
    const { must, fields } = revisionOf(other).content();
    expect(must).toEqual(mustSee(draw(other, template)));
    expect(fields).toEqual(expect.arrayContaining([...must].filter((id) => !id.endsWith("/other"))));
  });
  it("keeps its content through a copy with another verdict", () => {
    const verdict = { kind: "quarantined", code: "E_GW_KEY", findings: [] } as const;
    expect({ ...revisionOf(order), verdict }.content().claims).toEqual(order);
  });
  it("leaves nothing of itself behind when the desk that drew it is gone", () => {
    // V8 frees the buffers of a collection on another thread and has it finish before the next one begins.
    const held = (): number => {
      collect();
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const before = held();
    (() => {
      const claims = { ...order, pad: "a patient's words ".repeat(50_000) };
      const presentation = draw(order, template);
      const verdict = { kind: "accepted" } as const;
      const desk = makeDraw(() => "Europe/London");
      const jws = jwsOf(claims);
      makeRevision({ crypto, jws, claims, digest: "d", template: ITS_OWN, presentation, verdict, draw: desk });
    })();
    expect(held() - before).toBeLessThan(400_000);
  });
  it("has for the list what the claims say", () => {
    const { brief, rid, rev } = revisionOf(makeRequest({ claims: { history: { asked: 3, denied: 2 } } }));
    expect({ rid, rev, exp: brief.exp, asked: brief.asked, denied: brief.denied, patient: brief.patient?.ref }).toEqual(
      {
        ...{ rid: order.rid, rev: order.rev, exp: order.exp },
        ...{ asked: 4, denied: 2, patient: "Patient/waters" },
      },
    );
    expect(brief.conflict).toBe(false);
    const asGrams = ORDER.replace('"code":"mg"', '"code":"g"');
    expect(revisionOf(makeRequest({ body: asGrams })).brief.conflict).toBe(true);
    expect([brief.submit_by, brief.tier, brief.item]).toEqual([
      order.exp,
      1,
      "HYDROmorphone 1 mg per mL oral solution",
    ]);
  });
});
