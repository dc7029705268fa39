import { contentDigest, newKey, nowS, seal, uuid7, type Key, type Members } from "./signed.ts";

/** An agent of the hospital: an HTTP client with a key (protocol.md 3.15). */
export class Agent {
  readonly key: Key;
  readonly sub: string;
  readonly #iss: string;

  constructor(sub: string, iss: string, key = newKey("Ed25519")) {
    [this.sub, this.#iss, this.key] = [sub, iss, key];
  }

  /** Its entry in the gateway's `agents.json`. */
  registration(): Members {
    return {
      ...{ sub: this.sub, name: "Reconciliation", model: "any/model@1" },
      owner: "https://directory.northgate.example/approvers/owner",
      ...{ keys: [this.key.jwk], actions: ["order.create", "record.update", "tool.call"] },
    };
  }

  /** The Bearer token of one request; `more` replaces what an honest agent would say. */
  assertion(
    method: string,
    body: string | Uint8Array,
    more: Members = {},
    key = this.key,
    header: Members = {},
  ): string {
    const iat = nowS();
    const claims = { iss: this.sub, sub: this.sub, aud: this.#iss, iat, exp: iat + 60, jti: uuid7() };
    const bound = { htm: method, content_digest: contentDigest(body) };
    return seal(key, "client-authentication+jwt", { ...claims, ...bound, ...more }, header);
  }

  /**
   * Asks for what a draft file says; returns the request's id. Asked again under the same `key`, it is the same request.
   */
  async ask(url: string, draft: Members, key = uuid7()): Promise<string> {
    const body = JSON.stringify(draft);
    const authorization = `Bearer ${this.assertion("POST", body)}`;
    const headers = { authorization, "content-type": "application/json", "idempotency-key": key };
    const answer = await fetch(`${url}/countersign/v1/requests`, { method: "POST", headers, body });
    const location = answer.headers.get("location");
    if (answer.status !== 202 || location === null) throw new Error(`${String(answer.status)} ${await answer.text()}`);
    return location.slice(location.lastIndexOf("/") + 1);
  }
}

/** Asks until it is answered, as agents do whose gateway may be away; what it refuses is thrown. */
export async function askUntilAnswered(agent: Agent, url: () => string, draft: Members): Promise<string> {
  const key = uuid7();
  for (;;) {
    try {
      return await agent.ask(url(), draft, key);
    } catch (error) {
      const isAway =
        error instanceof TypeError || (error instanceof Error && /^(?:408|429|502|503) /.test(error.message));
      if (!isAway) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
