import type { ReactElement } from "react";

import type { LeftReview, ReviewData } from "#shared/ipc/contract.ts";
import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import { present } from "#shared/presentation/present.ts";
import { allRows } from "#shared/presentation/presentation.ts";
import type { Presentation, PresentOptions, Row } from "#shared/presentation/presentation.ts";
import { sentenceOf } from "#shared/protocol/registry.ts";

import { LessonStrip } from "../lessons/lesson-strip.tsx";
import { remaining } from "../time/remaining.ts";
import { Strip } from "../ui/layout/strip.tsx";
import { words } from "../words/en-gb.ts";
import { canDeny } from "./blocks.ts";
import { Changed } from "./changed.tsx";
import { withTick } from "./choices.ts";
import { ReviewContent } from "./content.tsx";
import { Obstacles } from "./obstacles.tsx";
import { StatusStrip } from "./status-strip.tsx";
import type { Reading } from "./use-reading.ts";
import { versionDiff } from "./version-diff.ts";

interface Props {
  readonly review: ReviewData;
  readonly presentation: Presentation;
  readonly reading: Reading;
  readonly change: (change: (reading: Reading) => Reading) => void;
  readonly awayMs: number | undefined;
  readonly left: LeftReview | undefined;
  readonly hasMismatch: boolean;
  readonly changedAt: number;
  readonly raw: readonly Row[] | undefined;
  readonly onToggleRaw: () => void;
  readonly areClaimsOpen: boolean;
  readonly options: PresentOptions;
  readonly now: number;
  readonly onToggleClaims: () => void;
  readonly onStartAgain: () => void;
}

/** What scrolls: the strips of this request (S8), then its content, or what changed while it was open. */
export function ReviewBody(props: Props): ReactElement {
  const { review, presentation, reading, change, awayMs, left, now, options } = props;
  const { row, claims, previous } = review;
  const zone = options.facilityZone;
  const isQuarantined = row.status.kind === "quarantined";
  return (
    <>
      {awayMs !== undefined && <Strip kind="time">{words.strips.returned(remaining(Math.floor(awayMs / 1000)))}</Strip>}
      {left !== undefined && <Strip kind="time">{leftText(left, formatTimeToday(left.at, now, zone).text)}</Strip>}
      {props.hasMismatch && <Strip kind="alert">{words.strips.mismatch}</Strip>}
      <StatusStrip status={row.status} exp={claims.exp} viewing={row.viewing} now={now} zone={zone} />
      {review.barred !== undefined && canDeny(row.status) && (
        <Strip kind="info">{`${sentenceOf(review.barred)} ${words.strips.canDeny}`}</Strip>
      )}
      {review.lesson !== undefined && <LessonStrip lesson={review.lesson} decided={review.receipt?.decision} />}
      {reading.hasNewDeadline && (
        <Strip kind="info">{words.strips.deadline(formatTimeToday(claims.exp, now, zone).text)}</Strip>
      )}
      {(presentation.obstacles.length > 0 || isQuarantined) && (
        <Obstacles
          obstacles={presentation.obstacles}
          labelAt={(pointer) => allRows(presentation).find((one) => one.pointer === pointer)?.label}
          reason={row.status.kind === "quarantined" ? sentenceOf(row.status.code) : undefined}
        />
      )}
      {reading.digest === row.digest ? (
        <ReviewContent
          presentation={presentation}
          foot={words.review.foot(row.rev, review.check_words.join("-"))}
          choices={reading.choices}
          raw={props.raw}
          onToggleRaw={props.onToggleRaw}
          areClaimsOpen={props.areClaimsOpen}
          onTick={(fact, isTicked) =>
            change((held) => ({
              ...held,
              choices: { ...held.choices, acked: withTick(held.choices.acked, fact, isTicked) },
            }))
          }
          onDrop={(grant, isDropped) =>
            change((held) => ({
              ...held,
              choices: { ...held.choices, dropped: withTick(held.choices.dropped, grant, isDropped) },
            }))
          }
          onToggleClaims={props.onToggleClaims}
        />
      ) : (
        <Changed
          at={formatTimeToday(props.changedAt, now, zone).text}
          changes={previous === undefined ? [] : versionDiff(present(previous, review.template, options), presentation)}
          onStartAgain={props.onStartAgain}
        />
      )}
    </>
  );
}

function leftText({ why, sent, draft }: LeftReview, time: string): string {
  const said = words.strips.left[why];
  if (sent) return said.sent(time);
  return draft === undefined ? said.unsent(time) : `${said.unsent(time)} ${words.strips.draftKept}`;
}
