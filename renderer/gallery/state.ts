import type { ReactElement } from "react";

import type { AppSnapshot, HistoryRow, Reply, ReviewData } from "#shared/ipc/contract.ts";
import type { InsightsView } from "#shared/ipc/insights.ts";

import type { Unnumbered } from "../bridge/fake/fake-bridge.ts";
import type { FakeRecords } from "../bridge/fake/record-commands.ts";
import type { Place } from "../shell/workplace.tsx";

/** One picture of the gallery: the whole app over a fake bridge in some state, or a sheet on its own. */
export interface GalleryState {
  readonly id: string;
  readonly title: string;
  readonly app?: {
    readonly snapshot: AppSnapshot;
    readonly reviews: readonly ReviewData[];
    readonly history?: readonly HistoryRow[];
    readonly insights?: Reply<InsightsView> | { readonly reading: number };
    readonly records?: FakeRecords;
    readonly start?: Place;
    /** Only the demonstration has this state. */
    readonly isDemo?: boolean;
    /** Whoever looks has waited for it, longer than a screen keeps quiet. */
    readonly isLate?: boolean;
    /** Sent one after the other once the screen is drawn. */
    readonly events?: readonly Unnumbered[];
  };
  readonly draw?: () => ReactElement;
}
