import { createContext, useContext, useEffect, useRef, useState } from "react";
import type { ReactElement, ReactNode } from "react";

import type { Edge, Sighting } from "./progress.ts";

interface Watcher {
  readonly watch: (element: Element) => () => void;
}

const WatcherContext = createContext<Watcher>({ watch: () => () => undefined });

interface Props {
  /** While a sheet lies over the page nothing counts as seen. */
  readonly isPaused: boolean;
  readonly onSeen: (sightings: readonly Sighting[]) => void;
  readonly children: ReactNode;
}

/**
 * Reports which edges of fields come into the viewport, while the page is visible and uncovered. What a scrolling
 * container clips is out of view: the observer takes every container into account.
 */
export function SeenArea({ isPaused, onSeen, children }: Props): ReactElement {
  const [elements] = useState(() => new Set<Element>());
  const observer = useRef<IntersectionObserver>(null);
  const report = useRef(onSeen);
  useEffect(() => {
    report.current = onSeen;
  });

  useEffect(() => {
    if (isPaused) return undefined;
    const watching = new IntersectionObserver(
      (entries) => {
        if (document.visibilityState !== "visible") return;
        report.current(entries.flatMap((entry) => (entry.isIntersecting ? sightingOf(entry.target) : [])));
      },
      { threshold: 0.9 },
    );
    // Observing anew reports everything that is in view now: after a sheet closed, after the window came back.
    const restart = (): void => {
      watching.disconnect();
      for (const element of elements) watching.observe(element);
    };
    observer.current = watching;
    restart();
    document.addEventListener("visibilitychange", restart);
    return () => {
      document.removeEventListener("visibilitychange", restart);
      observer.current = null;
      watching.disconnect();
    };
  }, [isPaused, elements]);

  const [watcher] = useState<Watcher>(() => ({
    watch: (element) => {
      elements.add(element);
      observer.current?.observe(element);
      return () => {
        elements.delete(element);
        observer.current?.unobserve(element);
      };
    },
  }));
  return <WatcherContext value={watcher}>{children}</WatcherContext>;
}

function sightingOf(element: Element): readonly Sighting[] {
  if (!(element instanceof HTMLElement)) return [];
  const { edgeOf, edge } = element.dataset;
  return edgeOf === undefined || (edge !== "start" && edge !== "end") ? [] : [{ id: edgeOf, edge }];
}

/** An edge of a field: takes no room of its own. */
export function SeenEdge({ id, edge }: { readonly id: string; readonly edge: Edge }): ReactElement {
  const { watch } = useContext(WatcherContext);
  const mark = useRef<HTMLSpanElement>(null);
  useEffect(() => (mark.current === null ? undefined : watch(mark.current)), [watch, id]);
  return <span ref={mark} aria-hidden="true" data-edge-of={id} data-edge={edge} style={EDGE} />;
}

const EDGE = {
  display: "inline-block",
  width: 1,
  height: "0.8em",
  marginInlineEnd: -1,
  verticalAlign: "text-bottom",
} as const;
