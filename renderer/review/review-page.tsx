import { styled } from "@mui/material/styles";
import { useEffect, useMemo, useRef, useState } from "react";
import type { ReactElement } from "react";

import type { GatewayStatus, LeftReview, ReceiptView, Reply, ReviewData } from "#shared/ipc/contract.ts";
import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import { present, rawView } from "#shared/presentation/present.ts";
import { mustSee } from "#shared/presentation/presentation.ts";

import type { DecisionSheet } from "../decision/decision-sheets.tsx";
import { DecisionSheets } from "../decision/decision-sheets.tsx";
import type { Choice } from "../decision/decision-sheets.tsx";
import { formOf, hasNote } from "../decision/deny-form.ts";
import type { DenyForm } from "../decision/deny-form.ts";
import { areClaimsOpen, armMs } from "../decision/friction.ts";
import { useKeys } from "../keys/provider.tsx";
import { isLive } from "../shell/connection.ts";
import { useNameAmong } from "../state/gateways.ts";
import type { GuardedHandle } from "../ui/input/guarded-button.tsx";
import { useIsBehindSheet } from "../ui/layout/modal.tsx";
import { Region } from "../ui/layout/region.tsx";
import { useAnnounce } from "../ui/live-regions.tsx";
import { color, LOW, NARROW, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { allergiesOf } from "./allergies.ts";
import { Banner, BannerRest } from "./banner.tsx";
import { approvalBlock, canDeny, standingOf } from "./blocks.ts";
import { factsToTick, grantedIds, grantsOf } from "./choices.ts";
import { ReviewBody } from "./body.tsx";
import { DecisionBar } from "./decision-bar.tsx";
import { HeadingBar } from "./heading-bar.tsx";
import { useShortReading } from "./reading-time.ts";
import { SeenArea } from "./seen/area.tsx";
import { NOTHING_SEEN, unseenOf, withSightings } from "./seen/progress.ts";
import { endedText } from "./status-strip.tsx";
import { useReading } from "./use-reading.ts";
import { useReturn } from "./use-return.ts";
import { goTo, stepField } from "./walk.ts";

const Page = styled("div")({ flex: 1, minHeight: 0, display: "flex", flexDirection: "column" });
/** The sheet covers this part only: the patient banner stays visible above it. */
const Under = styled("div")({ flex: 1, minHeight: 0, display: "flex", flexDirection: "column", position: "relative" });
/** Low windows scroll the heading away with the content. */
const Reader = styled("div")({
  flex: 1,
  minHeight: 0,
  display: "flex",
  flexDirection: "column",
  [LOW]: { display: "block", overflowY: "auto", scrollPaddingBlock: space(1) },
});
const Scroll = styled(Region)({
  [LOW]: { overflowY: "visible" },
  flex: 1,
  minHeight: 0,
  overflowY: "auto",
  backgroundColor: color("panel"),
  scrollPaddingBlock: space(2),
});
const Column = styled("div")({
  maxWidth: "90rem",
  padding: `${space(2)} ${space(3)} ${space(4)}`,
  display: "flex",
  flexDirection: "column",
  gap: space(2),
  [NARROW]: { padding: `${space(1.5)} ${space(1.5)} ${space(3)}` },
});

interface Props {
  readonly review: ReviewData;
  readonly gateway: GatewayStatus | undefined;
  readonly position: string | undefined;
  readonly initialSheet: DecisionSheet;
  /** It was open when the app was locked. */
  readonly left: LeftReview | undefined;
  readonly now: number;
  readonly zone: string;
  readonly decide: (choice: Choice) => Promise<Reply<ReceiptView>>;
  readonly cancel: () => void;
  readonly forward: (to: string, note: string) => Promise<Reply<null>>;
  readonly extend: (seconds: number) => Promise<Reply<null>>;
  readonly onDraft: (form: DenyForm) => void;
  readonly onSigned: (receipt: ReceiptView) => void;
  readonly onClaimsOpened: () => void;
  /** It is read from the top: main is told by opening it again. */
  readonly onStartAgain: () => void;
  readonly onBack: () => void;
}

/** One request, read and decided (S4). Everything here is drawn from the verified claims of one digest. */
export function ReviewPage(props: Props): ReactElement {
  const { review, gateway, now, zone } = props;
  const { row, claims, template } = review;
  const announce = useAnnounce();
  const isBehindSheet = useIsBehindSheet();
  const scroll = useRef<HTMLElement>(null);
  const reader = useRef<HTMLDivElement>(null);
  const approve = useRef<GuardedHandle>(null);
  const [drawnAt] = useState(now);
  const { reading, change, startAgain } = useReading(review);
  const isRead = reading.digest === row.digest;
  const options = useMemo(() => ({ facilityZone: zone, now: drawnAt }), [zone, drawnAt]);
  const presentation = useMemo(() => present(claims, template, options), [claims, template, options]);
  const must = useMemo(() => mustSee(presentation), [presentation]);
  const grants = useMemo(() => grantsOf(presentation), [presentation]);
  const [sheet, setSheet] = useState<DecisionSheet>(props.initialSheet);
  const [draft, setDraft] = useState(props.left?.draft && formOf(props.left.draft));
  const [areOpen, setAreOpen] = useState(areClaimsOpen(presentation.tier));
  const [isRaw, setIsRaw] = useState(false);
  const [hasMismatch, setHasMismatch] = useState(false);

  const isDeniable = canDeny(row.status);
  const standing = standingOf(row.status);
  const unseen = unseenOf(must, reading.progress);
  const unticked = factsToTick(presentation).filter((fact) => !reading.choices.acked.has(fact)).length;
  const granted = grantedIds(grants, reading.choices.dropped);
  const arm = armMs(presentation.tier);
  const block = approvalBlock({
    status: row.status,
    gateway,
    isBarred: review.barred !== undefined,
    hasObstacles: presentation.obstacles.length > 0,
    isRead,
    unseen: unseen.length,
    unticked,
    granted: granted.length,
    short: useShortReading(review.short, claims.policy.min_dwell_ms ?? 0, arm),
  });
  const isApprovable =
    isRead && (standing === "open" || standing === "unconfirmed") && presentation.obstacles.length === 0;
  // A sheet ends with what it was opened for: another version, or a request that can no longer be decided. It stays, whole,
  // while it is signed: the statement is displayed until the signature exists (S5).
  const isSheetDue = isDeniable || row.status.kind === "signing";
  const openSheet = (isRead || sheet === "deny" || sheet === "leave") && isSheetDue ? sheet : undefined;

  const toTop = (): void => {
    scroll.current?.scrollTo({ top: 0 });
    reader.current?.scrollTo({ top: 0 });
    change((held) => ({ ...held, progress: NOTHING_SEEN }));
    setSheet(undefined);
  };
  const { awayMs } = useReturn(toTop);
  const ended = endedText(row.status, now, zone);
  useEffect(() => {
    if (ended !== undefined) announce.assertive(ended);
  }, [announce, ended]);
  const changedAt = row.status.kind === "changed" ? row.status.at : claims.iat;
  useEffect(() => {
    if (!isRead) announce.assertive(words.strips.changed(formatTimeToday(changedAt, changedAt, zone).text));
  }, [announce, isRead, changedAt, zone]);

  const toggleClaims = (): void => {
    if (!areOpen) props.onClaimsOpened();
    setAreOpen(!areOpen);
  };
  const scrollBy = (px: (box: HTMLElement) => number): void => {
    for (const box of [scroll.current, reader.current]) if (box !== null) box.scrollBy({ top: px(box) });
  };
  const walk = (step: 1 | -1): void => {
    if (scroll.current !== null) goTo(stepField(scroll.current, new Set(unseen), step));
  };
  const open = (wanted: DecisionSheet): void => {
    if (isDeniable) setSheet(wanted);
    else announce.polite(words.review.blocked.ended);
  };
  const leave = (): void => (isDeniable && hasNote(draft) ? setSheet("leave") : props.onBack());
  useKeys("screen", {
    escape: leave,
    deny: () => open("deny"),
    approve: () => {
      if (approve.current === null) announce.polite(block ?? words.review.blocked.quarantined);
      else approve.current.press();
    },
    claims: toggleClaims,
    raw: () => setIsRaw(!isRaw),
    next_change: () => walk(1),
    previous_change: () => walk(-1),
    forward: () => open("forward"),
    more_time: () => open("more_time"),
    next: () => scrollBy(() => LINE_PX),
    previous: () => scrollBy(() => -LINE_PX),
    // The heading, which has the focus on arrival, is not inside what scrolls: the browser would do nothing (AC02).
    page_down: () => scrollBy(({ clientHeight }) => PAGE * clientHeight),
    page_up: () => scrollBy(({ clientHeight }) => -PAGE * clientHeight),
  });

  const name = presentation.sections[0]?.rows.find(({ id }) => id === "who/name");
  return (
    <SeenArea
      isPaused={isBehindSheet || !isRead}
      onSeen={(sightings) => change((held) => ({ ...held, progress: withSightings(held.progress, sightings) }))}
    >
      <Page data-prov="K">
        <Banner
          who={presentation.sections[0] ?? EMPTY_WHO}
          allergies={allergiesOf(claims.facts ?? [])}
          isInert={openSheet !== undefined}
        />
        <Under>
          <Reader ref={reader} inert={openSheet !== undefined}>
            <HeadingBar
              heading={words.review.heading(presentation.headline.kind, name?.tokens.map(({ text }) => text).join(""))}
              focusOn={`${row.key.rid} ${reading.digest}`}
              position={props.position}
              from={words.review.from(review.gateway_name, formatTimeToday(row.received_at, now, zone).text)}
              isOneOfSeveral={useNameAmong(row.key.iss) !== undefined}
              onBack={leave}
            />
            <Scroll as="main" ref={scroll} data-region="body" tabIndex={-1} aria-label={words.shell.regions.body}>
              <Column>
                <BannerRest who={presentation.sections[0] ?? EMPTY_WHO} allergies={allergiesOf(claims.facts ?? [])} />
                <ReviewBody
                  review={review}
                  presentation={presentation}
                  reading={reading}
                  change={change}
                  awayMs={awayMs}
                  left={props.left}
                  hasMismatch={hasMismatch}
                  changedAt={changedAt}
                  raw={isRaw ? rawView(claims, options) : undefined}
                  onToggleRaw={() => setIsRaw(!isRaw)}
                  areClaimsOpen={areOpen}
                  options={options}
                  now={now}
                  onToggleClaims={toggleClaims}
                  onStartAgain={() => {
                    startAgain();
                    setSheet(undefined);
                    props.onStartAgain();
                  }}
                />
              </Column>
            </Scroll>
          </Reader>
          <DecisionBar
            isInert={openSheet !== undefined}
            canDeny={isDeniable}
            canExtend={isDeniable && isRead}
            approve={
              isApprovable
                ? {
                    armMs: arm,
                    rearmOn: row.digest,
                    blocked: block,
                    unseen: unseen.length,
                    unticked,
                  }
                : undefined
            }
            approveHandle={approve}
            onLeave={leave}
            onDeny={() => open("deny")}
            onApprove={() => open("approve")}
            onBlocked={announce.polite}
            onForward={() => open("forward")}
            onMoreTime={() => open("more_time")}
            onShowUnseen={() => walk(1)}
            onShowUnticked={() => goTo(scroll.current?.querySelector<HTMLElement>("[data-tick='false']"))}
          />
          {openSheet !== undefined && (
            <DecisionSheets
              sheet={openSheet}
              review={review}
              presentation={presentation}
              chosen={{ granted, acked: [...reading.choices.acked], seen: [...reading.progress.seen] }}
              leftOut={grants.length - granted.length}
              blocked={block}
              isLive={isLive(gateway)}
              now={now}
              zone={zone}
              decide={props.decide}
              cancel={props.cancel}
              forward={props.forward}
              extend={props.extend}
              draft={draft}
              onDraft={(form) => {
                setDraft(form);
                props.onDraft(form);
              }}
              onSigned={props.onSigned}
              onSheet={setSheet}
              onLeave={props.onBack}
              onMismatch={() => {
                setHasMismatch(true);
                toTop();
                // Main has ended the review as well: without a new one nothing more could be decided from this page.
                props.onStartAgain();
              }}
            />
          )}
        </Under>
      </Page>
    </SeenArea>
  );
}

const LINE_PX = 96;
/** Of the height: some of what was read stays in sight. */
const PAGE = 0.875;
const EMPTY_WHO = { id: "who", title: "", prov: "R", rows: [] } as const;
