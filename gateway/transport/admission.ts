import type { TransportLimits } from "./limits.ts";
import { networkOf } from "./network.ts";

/**
 * Part of all handshakes that one IPv6 network may hold. Whoever has one address of it has them all, so the bound of an
 * address binds nobody there; a ward's computers share one as well, so it cannot be that small either.
 */
const OF_ONE_NETWORK = 1 / 2;

/** One admitted socket: told when it has proved who it is, and when it is gone. */
export interface Admitted {
  proved(): void;
  left(): void;
}

/**
 * Counts open sockets and those that have not proved who they are, in all and by network address, so that one address
 * cannot take the gateway from everyone else (reliability.md 2.2, T-34).
 */
export class Admission {
  readonly #limits: TransportLimits;
  readonly #open = new Counter();
  readonly #handshakes = new Counter();
  readonly #byNetwork = new Counter();

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  /** Undefined when there is no room for another socket from this address. */
  admit(address: string): Admitted | undefined {
    const network = networkOf(address);
    const { maxConnections, perAddress, handshakes, handshakesPerAddress } = this.#limits;
    const room =
      this.#open.total < maxConnections &&
      this.#open.of(address) < perAddress &&
      this.#handshakes.total < handshakes &&
      this.#handshakes.of(address) < handshakesPerAddress &&
      (network === address || this.#byNetwork.of(network) < handshakes * OF_ONE_NETWORK);
    if (!room) return undefined;
    this.#open.add(address, 1);
    this.#handshakes.add(address, 1);
    this.#byNetwork.add(network, 1);
    const proved = once(() => {
      this.#handshakes.add(address, -1);
      this.#byNetwork.add(network, -1);
    });
    return {
      proved,
      left: once(() => {
        proved();
        this.#open.add(address, -1);
      }),
    };
  }
}

/** How many of each, and in all. */
export class Counter {
  readonly #by = new Map<string, number>();
  total = 0;

  of(key: string): number {
    return this.#by.get(key) ?? 0;
  }

  add(key: string, n: 1 | -1): void {
    this.total += n;
    const count = this.of(key) + n;
    if (count === 0) this.#by.delete(key);
    else this.#by.set(key, count);
  }
}

/** `fn`, done at the first call alone. */
export function once(fn: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    fn();
  };
}
