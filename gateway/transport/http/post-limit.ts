import type { TransportLimits } from "../limits.ts";
import { networkOf } from "../network.ts";
import { RateBucket } from "../rate-bucket.ts";

/** Names remembered; those whose bucket is full are forgotten first. */
const MAX_BUCKETS = 10_000;
/** As many addresses' worth of posts for one IPv6 network: a ward shares one, and whoever has one address of it has them all. */
const OF_ONE_NETWORK = 8;

/** SECURITY: posts from outsiders are limited by address, as messages of a session are, and by IPv6 network (T-34). */
export function makePostLimit(
  { messagesPerSecond, messageBurst }: Pick<TransportLimits, "messagesPerSecond" | "messageBurst">,
  nowMs: () => number,
): (address: string) => boolean {
  const ofAddress = makeBuckets(messagesPerSecond, messageBurst, nowMs);
  const ofNetwork = makeBuckets(messagesPerSecond * OF_ONE_NETWORK, messageBurst * OF_ONE_NETWORK, nowMs);
  return (address) => {
    const network = networkOf(address);
    // The network first: what it is refused is not remembered by address, so that it cannot crowd out the others.
    return (network === address || ofNetwork(network)) && ofAddress(address);
  };
}

function makeBuckets(perSecond: number, burst: number, nowMs: () => number): (name: string) => boolean {
  const buckets = new Map<string, RateBucket>();
  return (name) => {
    const now = nowMs();
    if (buckets.size >= MAX_BUCKETS) {
      for (const [key, bucket] of buckets) if (bucket.full(now)) buckets.delete(key);
      if (buckets.size >= MAX_BUCKETS) return false;
    }
    const bucket = buckets.get(name) ?? new RateBucket(perSecond, burst, now);
    buckets.set(name, bucket);
    return bucket.take(now);
  };
}
