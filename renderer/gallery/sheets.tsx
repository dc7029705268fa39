import { styled } from "@mui/material/styles";
import type { ReactElement, ReactNode } from "react";

import type { ReceiptView, Reply } from "#shared/ipc/contract.ts";
import { present } from "#shared/presentation/present.ts";
import type { RequestClaims } from "#shared/protocol/claims/request.ts";

import { childDose, opioid } from "../bridge/fake/conflicts.ts";
import { bisoprolol, refill } from "../bridge/fake/orders.ts";
import { phoneChange } from "../bridge/fake/others.ts";
import { makeReview } from "../bridge/fake/reviews.ts";
import { NOW } from "../bridge/fake/time.ts";
import { ApproveSheet } from "../decision/approve-sheet.tsx";
import { DenySheet } from "../decision/deny-sheet.tsx";
import { LeaveSheet } from "../decision/leave-sheet.tsx";
import { ForwardSheet, MoreTimeSheet } from "../decision/statement-sheets.tsx";
import { Keys } from "../keys/provider.tsx";
import { allergiesOf } from "../review/allergies.ts";
import { Banner } from "../review/banner.tsx";
import { HelpSheet } from "../shell/help-sheet.tsx";
import { LiveRegions } from "../ui/live-regions.tsx";
import type { GalleryState } from "./state.ts";

const ZONE = "Europe/London";
const Page = styled("div")({ height: "100%", display: "flex", flexDirection: "column" });
const Under = styled("div")({ flex: 1, minHeight: 0, position: "relative" });
const nothing = (): void => undefined;
const refused = <T,>(code: "E_CLI_REENTRY" | "E_CLI_PIN" | "E_CLI_OFFLINE"): Promise<Reply<T>> =>
  Promise.resolve({ ok: false, error: { code, message: "" } });
const never = <T,>(): Promise<Reply<T>> => new Promise<Reply<T>>(nothing);

/** A sheet under its patient banner, as the review would open it once everything has been seen. */
function Stage({ claims, children }: { readonly claims: RequestClaims; readonly children: ReactNode }): ReactElement {
  const review = makeReview(claims);
  const who = present(claims, review.template, { facilityZone: ZONE, now: NOW }).sections[0];
  return (
    <LiveRegions nowMs={() => NOW * 1000}>
      <Keys areSingleKeysOn>
        <Page data-prov="K">
          {who !== undefined && <Banner who={who} allergies={allergiesOf(claims.facts ?? [])} isInert />}
          <Under>{children}</Under>
        </Page>
      </Keys>
    </LiveRegions>
  );
}

function approve(
  id: string,
  title: string,
  claims: RequestClaims,
  sign: () => Promise<Reply<ReceiptView>>,
  blocked?: string,
): GalleryState {
  const review = makeReview(claims);
  return {
    id,
    title,
    draw: () => (
      <Stage claims={claims}>
        <ApproveSheet
          review={review}
          presentation={present(claims, review.template, { facilityZone: ZONE, now: NOW })}
          chosen={{ granted: ["a1"], acked: [], seen: [] }}
          leftOut={claims.authorization_details.length - 1}
          blocked={blocked}
          now={NOW}
          zone={ZONE}
          sign={sign}
          cancel={nothing}
          onSigned={nothing}
          onBack={nothing}
          onMismatch={nothing}
        />
      </Stage>
    ),
  };
}

export const SHEETS: readonly GalleryState[] = [
  approve("approve-tier-1", "Approve, tier 1", refill, () => never()),
  approve("approve-tier-2", "Approve, tier 2, code from the agent's window", bisoprolol, () =>
    refused("E_CLI_REENTRY"),
  ),
  approve("approve-tier-3", "Approve, tier 3, against a conflict", opioid, () => refused("E_CLI_PIN")),
  approve("approve-conflict", "Approve, tier 2, against a conflict", childDose, () => refused("E_CLI_PIN")),
  approve("approve-update", "Approve, record update", phoneChange, () => never()),
  approve(
    "approve-offline",
    "Approve, not connected",
    refill,
    () => refused("E_CLI_OFFLINE"),
    "Not connected: approvals are off.",
  ),
  {
    id: "deny",
    title: "Deny",
    draw: () => <Denial isLive />,
  },
  { id: "deny-offline", title: "Deny, not connected", draw: () => <Denial isLive={false} /> },
  {
    id: "leave",
    title: "Back to the queue with a note that is not sent",
    draw: () => (
      <Stage claims={opioid}>
        <LeaveSheet onStay={nothing} onWrite={nothing} onLeave={nothing} />
      </Stage>
    ),
  },
  {
    id: "forward",
    title: "Forward",
    draw: () => (
      <Stage claims={refill}>
        <ForwardSheet pools={["ward-4b", "pharmacy"]} forward={() => never()} onSent={nothing} onBack={nothing} />
      </Stage>
    ),
  },
  {
    id: "more-time",
    title: "More time",
    draw: () => (
      <Stage claims={refill}>
        <MoreTimeSheet due="18:00 GMT" extend={() => never()} onSent={nothing} onBack={nothing} />
      </Stage>
    ),
  },
  {
    id: "keys",
    title: "List of keys",
    draw: () => (
      <Stage claims={refill}>
        <HelpSheet areSingleKeysOn onClose={nothing} />
      </Stage>
    ),
  },
];

function Denial({ isLive }: { readonly isLive: boolean }): ReactElement {
  const review = makeReview(opioid);
  return (
    <Stage claims={opioid}>
      <DenySheet
        review={review}
        presentation={present(opioid, review.template, { facilityZone: ZONE, now: NOW })}
        isLive={isLive}
        draft={undefined}
        onDraft={nothing}
        sign={() => never()}
        onSigned={nothing}
        onBack={nothing}
        onForward={nothing}
      />
    </Stage>
  );
}
