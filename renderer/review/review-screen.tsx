import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import type { ReactElement } from "react";

import type { LeftReview, ReceiptView, RequestKey, WireFault } from "#shared/ipc/contract.ts";
import { present } from "#shared/presentation/present.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import type { Choice, DecisionSheet } from "../decision/decision-sheets.tsx";
import { draftOf } from "../decision/deny-form.ts";
import { ReceiptScreen } from "../decision/receipt-screen.tsx";
import { isReceipt } from "../decision/receipt-state.ts";
import { isLive } from "../shell/connection.ts";
import { listedKey, sameKey } from "../state/app-view.ts";
import { useGatewayNow } from "../state/clock.ts";
import { useAppView, useStore } from "../state/context.ts";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { ReviewPage } from "./review-page.tsx";

const Centre = styled("main")({
  flex: 1,
  display: "grid",
  placeContent: "center",
  justifyItems: "center",
  gap: space(1.5),
  padding: space(3),
});

interface Props {
  readonly target: RequestKey;
  readonly initialSheet: DecisionSheet;
  readonly left: LeftReview | undefined;
  readonly position: string | undefined;
  readonly hasNext: boolean;
  readonly onNext: () => void;
  readonly onQueue: () => void;
  /** It was not there when it was asked for, and is listed now. */
  readonly onFound?: (key: RequestKey) => void;
  /** Absent in the practice, which has no history. */
  readonly onHistory?: () => void;
}

/** Opens a request in main and draws it: as a review, or as the receipt of my decision on it. */
export function ReviewScreen(props: Props): ReactElement {
  const { target, onQueue } = props;
  const store = useStore();
  const bridge = useBridge();
  const { snapshot, review: held } = useAppView();
  const now = useGatewayNow(target.iss);
  const [fault, setFault] = useState<WireFault>();
  const [signed, setSigned] = useState<ReceiptView>();
  const [isReadingAgain, setIsReadingAgain] = useState(false);
  const { iss, rid } = target;

  useEffect(() => {
    let isCurrent = true;
    void store.openReview({ iss, rid }).then((reply) => {
      if (isCurrent && !reply.ok) setFault(reply.error);
    });
    return () => {
      isCurrent = false;
      store.closeReview();
    };
  }, [store, iss, rid]);

  // A link may come before its request, and names no gateway. Only from here: what is on the screen is never exchanged.
  const [wasListed] = useState(() => snapshot.rows.some((row) => sameKey(row.key, target)));
  const found = fault === undefined || wasListed ? undefined : listedKey(snapshot.rows, target);
  const { onFound } = props;
  useEffect(() => {
    if (found !== undefined) onFound?.(found);
  }, [found, onFound]);

  const review = held !== undefined && sameKey(held.row.key, target) ? held : undefined;
  if (review === undefined) {
    return (
      <Centre data-prov="K">
        {fault === undefined ? <p aria-busy="true">{words.review.loading}</p> : <NotHere onQueue={onQueue} />}
      </Centre>
    );
  }

  const { key, rev, digest, status } = review.row;
  const gateway = snapshot.gateways.find((one) => one.iss === iss);
  const zone = snapshot.settings.facility_zone;
  const receipt = review.receipt ?? signed;
  const decide = (choice: Choice) => ask(bridge.decide({ key, rev, digest, choice }));

  if (receipt !== undefined && (isReceipt(status) || signed !== undefined) && !isReadingAgain) {
    return (
      <ReceiptScreen
        review={review}
        view={receipt}
        presentation={present(review.claims, review.template, { facilityZone: zone, now: review.row.received_at })}
        isLive={isLive(gateway)}
        now={now}
        zone={zone}
        hasNext={props.hasNext}
        revoke={(code) => decide({ kind: "revoke", reason: { code } })}
        onCopy={() => void ask(bridge.copy_reference({ key }))}
        {...(props.onHistory === undefined ? {} : { onHistory: props.onHistory })}
        onNext={props.onNext}
        onQueue={onQueue}
        onReadAgain={() => {
          setSigned(undefined);
          setIsReadingAgain(true);
          void store.openReview(key);
        }}
      />
    );
  }
  return (
    <ReviewPage
      review={review}
      gateway={gateway}
      position={props.position}
      initialSheet={props.initialSheet}
      left={props.left}
      now={now}
      zone={zone}
      decide={decide}
      cancel={() => void ask(bridge.cancel_decision(undefined))}
      forward={(to, note) => ask(bridge.forward({ key, rev, to, ...(note === "" ? {} : { note }) }))}
      extend={(seconds) => ask(bridge.extend({ key, rev, seconds }))}
      onDraft={(form) => void ask(bridge.keep_draft({ key, draft: draftOf(form) }))}
      onSigned={(view) => {
        setSigned(view);
        setIsReadingAgain(false);
      }}
      onClaimsOpened={() => void ask(bridge.reveal_claims({ key }))}
      onStartAgain={() => void store.openReview(key)}
      onBack={onQueue}
    />
  );
}

function NotHere({ onQueue }: { readonly onQueue: () => void }): ReactElement {
  return (
    <>
      <ScreenHeading focusOn="not-here">{words.review.notInQueue}</ScreenHeading>
      <p>{words.review.notInQueueMeans}</p>
      <Button onClick={onQueue}>{words.review.back}</Button>
    </>
  );
}
