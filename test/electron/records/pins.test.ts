import { describe, expect, it } from "vitest";

import { trustGateway } from "../../../electron/connection/trusted-gateway.ts";
import { pinsFor, type PinsParts } from "../../../electron/records/pins.ts";
import { crypto, ISS, T0 } from "../../shared/protocol/fixture/hospital.ts";
import { executed } from "../../shared/protocol/fixture/item.ts";
import { PINNED } from "../exports/gateway.ts";

const { item, pins } = executed();
const [credential = ""] = pins.gateways;

/** A connection that ends while a template is fetched. */
function arrange() {
  const link: { gateway: PinsParts["link"]["gateway"] } = { gateway: trustGateway(crypto, credential, PINNED, T0) };
  const parts: PinsParts = {
    ...{ iss: ISS, link, directory: PINNED, nowS: () => T0, statusLists: () => [] },
    memory: { checkpoint: () => pins.pinned, provesFrom: () => undefined },
    templates: { builtin: () => undefined, fetched: () => undefined },
    fetchTemplate() {
      link.gateway = undefined;
      return Promise.resolve(false);
    },
  };
  return { link, parts };
}

describe("what rows are judged by", () => {
  it("is the gateway that they came from, though its connection ended while a template was fetched", async () => {
    const { parts } = arrange();
    expect(await pinsFor(parts, [item])).toMatchObject({ gateways: [credential], pinned: pins.pinned });
  });

  it("is nothing without a gateway: rows are not called false because nobody could be asked", async () => {
    const { link, parts } = arrange();
    link.gateway = undefined;
    await expect(pinsFor(parts, [item])).rejects.toMatchObject({ code: "E_CLI_OFFLINE" });
  });
});
