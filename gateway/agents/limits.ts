import { RateBucket } from "../transport/rate-bucket.ts";

/** Most names a limiter remembers; full buckets are forgotten first. */
const MAX_NAMES = 10_000;

/** One bucket per name (agent, or address of somebody who is not known). */
export function makeLimiter(perSecond: number, burst: number, nowMs: () => number): (name: string) => boolean {
  const buckets = new Map<string, RateBucket>();
  return (name) => {
    const now = nowMs();
    if (buckets.size >= MAX_NAMES) {
      for (const [key, bucket] of buckets) if (bucket.full(now)) buckets.delete(key);
      if (buckets.size >= MAX_NAMES) return false;
    }
    const bucket = buckets.get(name) ?? new RateBucket(perSecond, burst, now);
    buckets.set(name, bucket);
    return bucket.take(now);
  };
}
