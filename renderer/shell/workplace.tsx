import { styled } from "@mui/material/styles";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import type { ReactElement } from "react";

import type { HistoryRow, LeftReview, Person, RequestKey } from "#shared/ipc/contract.ts";
import type { RecordRow } from "#shared/ipc/reports.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import type { DecisionSheet } from "../decision/decision-sheets.tsx";
import { ScenariosScreen } from "../lessons/scenarios-screen.tsx";
import { useKeys } from "../keys/provider.tsx";
import { Palette } from "../palette/palette.tsx";
import { nextOf, positionOf } from "../queue/neighbours.ts";
import { hasEnded } from "../queue/order.ts";
import { idOf } from "../state/app-view.ts";
import { QueueScreen } from "../queue/queue-screen.tsx";
import { ReviewScreen } from "../review/review-screen.tsx";
import { SettingsScreen } from "../settings/settings-screen.tsx";
import { sameKey } from "../state/app-view.ts";
import { useSnapshot, useStore } from "../state/context.ts";
import type { EverythingAction } from "../stop/everything.tsx";
import { Page } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { useIsBehindSheet } from "../ui/layout/modal.tsx";
import { words } from "../words/en-gb.ts";
import { AppBar } from "./app-bar.tsx";
import type { PlaceName } from "./app-bar.tsx";
import { useNotices } from "./toasts.tsx";
import { useTitle } from "./title.ts";

/** Grid and charts are half of the page's code, and nobody needs them at the queue: they are read when first gone to. */
const HistoryScreen = lazy(async () => ({ default: (await import("../history/history-screen.tsx")).HistoryScreen }));
const InsightsScreen = lazy(async () => ({
  default: (await import("../insights/insights-screen.tsx")).InsightsScreen,
}));

export type Place =
  | {
      readonly kind: PlaceName;
      /** In the history: the record that is open. */
      readonly opened?: RecordRow;
      readonly openedKept?: HistoryRow;
      readonly stopping?: EverythingAction;
    }
  | { readonly kind: "request"; readonly key: RequestKey; readonly sheet: DecisionSheet };

const Screen = styled("div")({
  position: "relative",
  flex: 1,
  minHeight: 0,
  display: "flex",
  flexDirection: "column",
});
const Inside = styled("div")({ flex: 1, minHeight: 0, display: "flex", flexDirection: "column" });

interface Props {
  readonly person: Person;
  /** What this person had open when the app was locked: it comes first. */
  readonly left: LeftReview | undefined;
  readonly start: Place;
  readonly onHelp: () => void;
}

/** A screen whose code is being read: it is there already, with its heading. */
function Coming({ place }: { readonly place: "history" | "insights" }): ReactElement {
  const { titles, nav } = words.shell;
  return (
    <Page data-prov="K" data-region="body" data-coming="true" aria-busy="true" aria-label={titles[place]}>
      <ScreenHeading focusOn="coming">{nav[place]}</ScreenHeading>
    </Page>
  );
}

/** Everything an unlocked person sees. Mounted per person: nothing of one reaches the next (AC17). */
export function Workplace({ person, left, start, onHelp }: Props): ReactElement {
  const snapshot = useSnapshot();
  const bridge = useBridge();
  const store = useStore();
  const [place, setPlace] = useState<Place>(
    left === undefined ? start : { kind: "request", key: left.key, sheet: undefined },
  );
  const [last, setLast] = useState<RequestKey>();
  useNotices();
  useTitle(place.kind === "request" ? words.shell.titles.review : words.shell.titles[place.kind]);

  const open = (key: RequestKey, sheet: DecisionSheet): void => {
    setLast(key);
    setPlace({ kind: "request", key, sheet });
  };
  useEffect(
    () =>
      store.onSignal((signal) => {
        // SECURITY: a link or a notification opens a request at its top and never a sheet (P6).
        if (signal.kind === "open") setPlace({ kind: "request", key: signal.key, sheet: undefined });
      }),
    [store],
  );
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const lock = useCallback((): void => void ask(bridge.lock(undefined)), [bridge]);
  const go = useCallback((kind: PlaceName): void => setPlace({ kind }), []);
  useKeys("app", {
    go_queue: () => setPlace({ kind: "queue" }),
    go_history: () => setPlace({ kind: "history" }),
    go_insights: () => setPlace({ kind: "insights" }),
    go_settings: () => setPlace({ kind: "settings" }),
    lock,
    palette: () => setIsPaletteOpen(true),
  });

  /** Raised when the same request is gone to anew: a page that did not find it is not the page of what was found. */
  const [visit, setVisit] = useState(0);
  const onFound = useCallback((key: RequestKey): void => {
    setVisit((count) => count + 1);
    setPlace({ kind: "request", key, sheet: undefined });
  }, []);
  const waiting = useMemo(() => snapshot.rows.filter((row) => !hasEnded(row)).length, [snapshot.rows]);
  return (
    <Screen>
      <Inside inert={isPaletteOpen}>
        <AppBar
          person={person}
          places={{
            current: place.kind === "request" ? "queue" : place.kind,
            waiting,
            onGo: go,
          }}
          isInert={useIsBehindSheet()}
          onLock={lock}
          onHelp={onHelp}
        />
        {place.kind === "queue" && (
          <QueueScreen last={last} onOpen={(key, intent) => open(key, intent === "deny" ? "deny" : undefined)} />
        )}
        {place.kind === "request" && (
          <ReviewScreen
            key={`${idOf(place.key)} ${String(visit)}`}
            target={place.key}
            initialSheet={place.sheet}
            left={left !== undefined && sameKey(left.key, place.key) ? left : undefined}
            position={positionOf(snapshot.rows, place.key)}
            hasNext={nextOf(snapshot.rows, place.key) !== undefined}
            onNext={() => {
              const next = nextOf(snapshot.rows, place.key);
              if (next !== undefined) open(next, undefined);
            }}
            onQueue={() => setPlace({ kind: "queue" })}
            onFound={onFound}
            onHistory={() => setPlace({ kind: "history" })}
          />
        )}
        <Suspense fallback={<Coming place={place.kind === "insights" ? "insights" : "history"} />}>
          {place.kind === "insights" && <InsightsScreen onLeave={() => setPlace({ kind: "queue" })} />}
          {place.kind === "history" && (
            <HistoryScreen
              opened={place.opened}
              openedKept={place.openedKept}
              stopping={place.stopping}
              onLeave={() => setPlace({ kind: "queue" })}
            />
          )}
        </Suspense>
        {place.kind === "settings" && <SettingsScreen person={person} />}
        {place.kind === "scenarios" && <ScenariosScreen />}
      </Inside>
      {isPaletteOpen && <Palette onClose={() => setIsPaletteOpen(false)} />}
    </Screen>
  );
}
