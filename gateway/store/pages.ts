import type { Clock } from "../ports.ts";

/** `unsure`: it was ended, could not be begun, or the file was written to meanwhile. */
export type PagesFound = "sound" | "damaged" | "unsure";

/** Whether the pages of the store's file are those of a database, whatever stands in them (docs/decisions/0018). */
export interface PageReads {
  /** Size of the file. */
  pageBytes(): number;
  /** Looks at every page, and answers nobody meanwhile. @throws CountersignError `E_STORE_CORRUPT` */
  checkPages(): void;
  /** The same by a process of its own, while this one goes on reading and writing. One at a time. */
  checkPagesBeside(clock: Clock, signal: AbortSignal): Promise<PagesFound>;
}
