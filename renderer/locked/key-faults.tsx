import type { ReactElement } from "react";

import { Strip } from "../ui/layout/strip.tsx";
import { locked } from "../words/en-gb/locked.ts";

/** What is wrong with files of signing keys on this computer, where people sign in or set up. */
export function KeyFaults({
  damaged,
  unreadable,
}: {
  readonly damaged: number | undefined;
  readonly unreadable: number | undefined;
}): ReactElement {
  const { damagedKeys, unreadableKeys } = locked;
  return (
    <>
      {damaged !== undefined && <Strip kind="amber">{damagedKeys(damaged)}</Strip>}
      {unreadable !== undefined && <Strip kind="amber">{unreadableKeys(unreadable)}</Strip>}
    </>
  );
}
