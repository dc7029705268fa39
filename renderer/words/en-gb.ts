import { connection, shell, times } from "./en-gb/shell.ts";
import { decision, receipt } from "./en-gb/decision.ts";
import { keys } from "./en-gb/keys.ts";
import { queue } from "./en-gb/queue.ts";
import { review, strips } from "./en-gb/review.ts";
import { requests } from "./en-gb/requests.ts";

/** Every word of the renderer's screens, by subject. One language in this version; another has the same type. */
export const words = { shell, connection, times, requests, queue, review, strips, decision, receipt, keys } as const;
