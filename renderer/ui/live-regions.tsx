import { createContext, useContext, useEffect, useState } from "react";
import type { ReactElement, ReactNode } from "react";

import { VisuallyHidden } from "./layout/visually-hidden.tsx";
import { makeSpeaker } from "./speaker.ts";
import type { Announce } from "./speaker.ts";

const silent = (): void => undefined;
const AnnounceContext = createContext<Announce>({ polite: silent, batch: silent, assertive: silent });

export const useAnnounce = (): Announce => useContext(AnnounceContext);

interface Props {
  readonly nowMs: () => number;
  readonly children: ReactNode;
}

/** The two live regions of the page, mounted once and at start. */
export function LiveRegions({ nowMs, children }: Props): ReactElement {
  const [polite, setPolite] = useState("");
  const [assertive, setAssertive] = useState("");
  const [speaker] = useState(() => makeSpeaker({ nowMs, polite: setPolite, assertive: setAssertive }));
  useEffect(() => speaker.stop, [speaker]);
  return (
    <AnnounceContext value={speaker}>
      {children}
      <VisuallyHidden role="status" data-prov="K">
        {polite}
      </VisuallyHidden>
      <VisuallyHidden role="alert" data-prov="K">
        {assertive}
      </VisuallyHidden>
    </AnnounceContext>
  );
}
