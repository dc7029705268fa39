import type { ReactElement } from "react";

import type { CommandInput, ReceiptView, Reply, ReviewData } from "#shared/ipc/contract.ts";
import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { Presentation } from "#shared/presentation/presentation.ts";

import { useAnnounce } from "../ui/live-regions.tsx";
import { words } from "../words/en-gb.ts";
import { ApproveSheet } from "./approve-sheet.tsx";
import { DenySheet } from "./deny-sheet.tsx";
import type { DenyForm } from "./deny-form.ts";
import { LeaveSheet } from "./leave-sheet.tsx";
import { ForwardSheet, MoreTimeSheet } from "./statement-sheets.tsx";

/** The sheet that lies over a review, or none. */
export type DecisionSheet = "approve" | "deny" | "forward" | "more_time" | "leave" | undefined;

export type Choice = CommandInput<"decide">["choice"];

interface Props {
  readonly sheet: NonNullable<DecisionSheet>;
  readonly review: ReviewData;
  readonly presentation: Presentation;
  readonly chosen: {
    readonly granted: readonly string[];
    readonly acked: readonly string[];
    readonly seen: readonly string[];
  };
  readonly leftOut: number;
  readonly blocked: string | undefined;
  readonly isLive: boolean;
  readonly now: number;
  readonly zone: string;
  readonly decide: (choice: Choice) => Promise<Reply<ReceiptView>>;
  readonly cancel: () => void;
  readonly forward: (to: string, note: string) => Promise<Reply<null>>;
  readonly extend: (seconds: number) => Promise<Reply<null>>;
  /** The denial as far as it is written: it stays while the sheet is away. */
  readonly draft: DenyForm | undefined;
  readonly onDraft: (form: DenyForm) => void;
  readonly onSigned: (receipt: ReceiptView) => void;
  readonly onSheet: (sheet: DecisionSheet) => void;
  readonly onMismatch: () => void;
  readonly onLeave: () => void;
}

export function DecisionSheets(props: Props): ReactElement {
  const { sheet, review, presentation } = props;
  const announce = useAnnounce();
  const back = (): void => props.onSheet(undefined);
  const sent = (sentence: string) => (): void => {
    announce.polite(sentence);
    back();
  };
  switch (sheet) {
    case "approve":
      return (
        <ApproveSheet
          review={review}
          presentation={presentation}
          chosen={props.chosen}
          leftOut={props.leftOut}
          blocked={props.blocked}
          now={props.now}
          zone={props.zone}
          sign={props.decide}
          cancel={props.cancel}
          onSigned={props.onSigned}
          onBack={back}
          onMismatch={props.onMismatch}
        />
      );
    case "deny":
      return (
        <DenySheet
          review={review}
          presentation={presentation}
          isLive={props.isLive}
          draft={props.draft}
          onDraft={props.onDraft}
          sign={props.decide}
          onSigned={props.onSigned}
          onBack={back}
          onForward={() => props.onSheet("forward")}
        />
      );
    case "forward":
      return (
        <ForwardSheet
          pools={review.claims.policy.pools}
          forward={props.forward}
          onSent={sent(words.decision.forward.sent)}
          onBack={back}
        />
      );
    case "more_time":
      return (
        <MoreTimeSheet
          due={formatTimeToday(review.claims.exp, props.now, props.zone).text}
          extend={props.extend}
          onSent={sent(words.decision.moreTime.sent)}
          onBack={back}
        />
      );
    case "leave":
      return <LeaveSheet onStay={back} onWrite={() => props.onSheet("deny")} onLeave={props.onLeave} />;
    default:
      return sheet satisfies never;
  }
}
