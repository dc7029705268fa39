import type { ReactElement } from "react";

import type { DecisionKind, Lesson } from "#shared/ipc/contract.ts";

import { Strip } from "../ui/layout/strip.tsx";
import { lesson as said } from "../words/en-gb/demo.ts";

interface Props {
  readonly lesson: Lesson;
  /** What this person decided; nothing where the request ended without. */
  readonly decided: DecisionKind | undefined;
}

/** What a careful person does with this request and why, told afterwards (S13). */
export function LessonStrip({ lesson, decided }: Props): ReactElement {
  const isSame = (decided === "approve") === (lesson.answer === "approve");
  return (
    <Strip kind={decided === undefined || isSame ? "info" : "amber"}>
      <strong>{said.title[lesson.answer]}</strong>{" "}
      {decided !== undefined && <>{isSame ? said.same : said.other[decided]} </>}
      {lesson.why}
    </Strip>
  );
}
