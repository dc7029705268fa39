import { useCallback, useEffect, useState } from "react";
import type { ReactElement } from "react";

import type { Bridge, Mode } from "#shared/ipc/contract.ts";

import { BridgeProvider } from "../bridge/context.ts";
import { Keys, useKeys } from "../keys/provider.tsx";
import { LockedScreen } from "../locked/locked-screen.tsx";
import { PracticePlace } from "../practice/practice-place.tsx";
import { SetupScreen } from "../setup/setup-screen.tsx";
import { ClockProvider, useClock } from "../state/clock.ts";
import type { Clock } from "../state/clock.ts";
import { StoreProvider, useSnapshot, useStoreState } from "../state/context.ts";
import { ModeProvider, useIsDemo } from "../state/mode.ts";
import { startStore } from "../state/store.ts";
import { CoverContext } from "../ui/input/cover.ts";
import { ModalProvider, useIsBehindSheet } from "../ui/layout/modal.tsx";
import { cycleRegion } from "../ui/layout/regions.ts";
import { LiveRegions } from "../ui/live-regions.tsx";
import { Appearance } from "../ui/theme/provider.tsx";
import { practice as practiceWords } from "../words/en-gb/practice.ts";
import { words } from "../words/en-gb.ts";
import { Coverable, Frame } from "./frame.tsx";
import { HelpSheet } from "./help-sheet.tsx";
import { IdleCover } from "./idle-cover.tsx";
import { Notices } from "./notices.tsx";
import { Starting } from "./starting.tsx";
import { useTitle } from "./title.ts";
import { Toasts } from "./toasts.tsx";
import { Workplace } from "./workplace.tsx";
import type { Place } from "./workplace.tsx";

interface Props {
  readonly bridge: Bridge;
  readonly mode: Mode;
  readonly clock: Clock;
  /** Where an unlocked person begins. */
  readonly start?: Place;
}

/** The whole page over one door to main. */
export function App({ bridge, mode, clock, start = { kind: "queue" } }: Props): ReactElement {
  const [store] = useState(() => startStore(bridge));
  useEffect(() => store.dispose, [store]);
  return (
    <BridgeProvider value={bridge}>
      <StoreProvider value={store}>
        <ClockProvider value={clock}>
          <ModeProvider value={mode}>
            <Root start={start} />
          </ModeProvider>
        </ClockProvider>
      </StoreProvider>
    </BridgeProvider>
  );
}

function Root({ start }: { readonly start: Place }): ReactElement {
  const state = useStoreState();
  const clock = useClock();
  const { settings, phase } = state.kind === "ready" ? state.view.snapshot : {};
  const isPractice = phase?.kind === "unlocked" && phase.practice !== undefined;
  const strip = useIsDemo() ? words.shell.demo : isPractice ? practiceWords.strip : undefined;
  return (
    <Appearance theme={settings?.theme ?? "system"}>
      <LiveRegions nowMs={clock.nowMs}>
        <Toasts>
          <Keys areSingleKeysOn={settings?.single_keys ?? true}>
            <ModalProvider>
              <Frame strip={strip}>
                {state.kind === "ready" ? <Ready start={start} /> : <Starting state={state} />}
              </Frame>
            </ModalProvider>
          </Keys>
        </Toasts>
      </LiveRegions>
    </Appearance>
  );
}

function Ready({ start }: { readonly start: Place }): ReactElement {
  const { phase, settings } = useSnapshot();
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const isBehindSheet = useIsBehindSheet();
  const help = useCallback((): void => setIsHelpOpen(true), []);
  const idle = phase.kind === "unlocked" ? phase.idle : undefined;
  useKeys("app", {
    help,
    next_region: () => cycleRegion(document, document.activeElement, 1),
    previous_region: () => cycleRegion(document, document.activeElement, -1),
  });
  return (
    <Coverable
      isInert={(isHelpOpen && isBehindSheet) || idle !== undefined}
      over={
        <>
          {isHelpOpen && <HelpSheet areSingleKeysOn={settings.single_keys} onClose={() => setIsHelpOpen(false)} />}
          {idle !== undefined && <IdleCover idle={idle} />}
        </>
      }
    >
      <Notices />
      <CoverContext value={idle}>
        <PhaseScreen start={start} onHelp={help} />
      </CoverContext>
    </Coverable>
  );
}

function PhaseScreen({ start, onHelp }: { readonly start: Place; readonly onHelp: () => void }): ReactElement {
  const { phase } = useSnapshot();
  switch (phase.kind) {
    case "setup":
      return (
        <Titled title={words.shell.titles.setup}>
          <SetupScreen phase={phase} />
        </Titled>
      );
    case "locked":
      return (
        <Titled title={words.shell.titles.locked}>
          <LockedScreen phase={phase} />
        </Titled>
      );
    case "unlocked":
      if (phase.practice !== undefined) {
        const { person, practice: status } = phase;
        return <PracticePlace key={person.sub} person={person} status={status} start={start} onHelp={onHelp} />;
      }
      // The next person starts with an empty page; who replaces their signing key stays where they are.
      return <Workplace key={phase.person.sub} person={phase.person} left={phase.left} start={start} onHelp={onHelp} />;
    default:
      return phase satisfies never;
  }
}

function Titled({ title, children }: { readonly title: string; readonly children: ReactElement }): ReactElement {
  useTitle(title);
  return children;
}
