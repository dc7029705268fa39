import type { ErrorCode } from "#shared/protocol/registry.ts";

import type { Link } from "../connection/link.ts";
import { makeStatusLists } from "../connection/status-lists.ts";
import type { DeskParts } from "./desk-port.ts";
import { makeKeyChanges, type KeyChanges } from "./key-changes.ts";
import { believing, keyRefusal, makeStandingWatch, type StandingWatch } from "./standing.ts";

/** What is known of keys while a person is at work: who was stopped, and what changed (protocol.md 3.13, 3.21). */
export interface KeyWatch {
  readonly standing: StandingWatch;
  readonly keyChanges: KeyChanges;
  /** The link, with the gateway believed as far as its standing goes. */
  readonly trusted: ReturnType<typeof believing>;
  /** Why my key may sign nothing, if it may not. */
  readonly keyStop: () => ErrorCode | undefined;
  /** The directory's status lists, as they were signed. */
  readonly statusLists: () => readonly string[];
}

export function watchKeys(
  parts: DeskParts,
  { link, nowS }: { readonly link: Link; readonly nowS: () => number },
  events: {
    onRefused(code: ErrorCode): void;
    onKeyAdded(): void;
    /** What the gateway signed is to be judged again. */
    onChanged(): void;
  },
): KeyWatch {
  const { crypto, clock, me } = parts;
  const lists = makeStatusLists(crypto, parts.get, parts.endpoint, parts.directory);
  const standing = makeStandingWatch({ clock, lists, me: me.status.status_list, link, nowS }, () => events.onChanged());
  const keyChanges = makeKeyChanges(
    { ...parts, link, standing },
    {
      onRefused: (code) => events.onRefused(code),
      onChanged({ kid, change, isMine }) {
        if (isMine && !parts.isFromHere(kid) && (change === "enrolled" || change === "rotated")) events.onKeyAdded();
      },
      onRenewed: () => events.onChanged(),
    },
  );
  return {
    standing,
    keyChanges,
    trusted: believing(link, standing),
    keyStop: () => standing.keyStop() ?? keyRefusal(link.status),
    statusLists: () => lists.texts(),
  };
}
