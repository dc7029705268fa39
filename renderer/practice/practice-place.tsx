import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import type { ReactElement } from "react";

import type { Person, PracticeStatus, RequestKey } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import type { DecisionSheet } from "../decision/decision-sheets.tsx";
import { useKeys } from "../keys/provider.tsx";
import { nextOf, positionOf } from "../queue/neighbours.ts";
import { QueueScreen } from "../queue/queue-screen.tsx";
import { ReviewScreen } from "../review/review-screen.tsx";
import { AppBar } from "../shell/app-bar.tsx";
import { useNotices } from "../shell/toasts.tsx";
import { useTitle } from "../shell/title.ts";
import type { Place } from "../shell/workplace.tsx";
import { idOf } from "../state/app-view.ts";
import { useSnapshot } from "../state/context.ts";
import { useIsBehindSheet } from "../ui/layout/modal.tsx";
import { Region } from "../ui/layout/region.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { practice as said } from "../words/en-gb/practice.ts";
import { words } from "../words/en-gb.ts";
import { Offer } from "./offer.tsx";
import { Outcome } from "./outcome.tsx";

const Screen = styled("div")({ flex: 1, minHeight: 0, display: "flex", flexDirection: "column" });

type Opened = Pick<Extract<Place, { kind: "request" }>, "key" | "sheet">;

interface Props {
  readonly person: Person;
  readonly status: PracticeStatus;
  readonly start: Place;
  readonly onHelp: () => void;
}

/** Step 4 of set-up (S1): the app's own queue, review and receipt, with nowhere else to go. */
export function PracticePlace({ person, status, start, onHelp }: Props): ReactElement {
  const snapshot = useSnapshot();
  const bridge = useBridge();
  const announce = useAnnounce();
  const [at, setAt] = useState<Opened | undefined>(start.kind === "request" ? start : undefined);
  const [last, setLast] = useState<RequestKey>();
  const isBehindSheet = useIsBehindSheet();
  const isOver = status.kind === "over";
  const toQueue = (): void => setAt(undefined);
  const open = (key: RequestKey, sheet: DecisionSheet): void => {
    setLast(key);
    setAt({ key, sheet });
  };
  const lock = (): void => void ask(bridge.lock(undefined));
  useNotices();
  useTitle(words.shell.titles.practice);
  useKeys("app", { go_queue: toQueue, lock });
  useEffect(() => {
    if (isOver) announce.polite(said.allDecided);
  }, [announce, isOver]);

  const next = at && nextOf(snapshot.rows, at.key);
  return (
    <Screen>
      <AppBar person={person} isInert={isBehindSheet} onLock={lock} onHelp={onHelp} />
      {at !== undefined ? (
        <ReviewScreen
          key={idOf(at.key)}
          target={at.key}
          initialSheet={at.sheet}
          left={undefined}
          position={positionOf(snapshot.rows, at.key)}
          hasNext={next !== undefined}
          onNext={() => {
            if (next !== undefined) open(next, undefined);
          }}
          onQueue={toQueue}
        />
      ) : status.kind === "offered" ? (
        <Offer maySkip={status.may_skip} />
      ) : status.kind === "running" ? (
        <QueueScreen last={last} onOpen={(key, intent) => open(key, intent === "deny" ? "deny" : undefined)} />
      ) : (
        <Outcome passed={status.passed} results={status.results} />
      )}
      {/* Below what is read: it comes while a receipt is on the screen, and must not move it (P9). */}
      {at !== undefined && isOver && (
        <Region data-region="footer" tabIndex={-1} aria-label={words.shell.regions.footer}>
          <Strip kind="info" actions={<Button onClick={toQueue}>{said.seeOutcome}</Button>}>
            {said.allDecided}
          </Strip>
        </Region>
      )}
    </Screen>
  );
}
