import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { Obstacle } from "#shared/presentation/presentation.ts";

import { Strip } from "../ui/layout/strip.tsx";
import { Monospaced } from "../ui/provenance/values.tsx";
import { TokenText, tokensOf } from "../ui/provenance/shown-text.tsx";
import { space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const List = styled("ul")({ display: "flex", flexDirection: "column", gap: space(0.25), marginTop: space(0.5) });
const MOST = 8;

interface Props {
  readonly obstacles: readonly Obstacle[];
  /** Main's reason, when main found what the drawing did not. */
  readonly reason: string | undefined;
  /** The label under which the text at this place is drawn, where it is. */
  readonly labelAt: (pointer: string) => string | undefined;
}

/** QUARANTINED (S8): readable, deniable, not approvable, and why. */
export function Obstacles({ obstacles, reason, labelAt }: Props): ReactElement {
  const shown = obstacles.slice(0, MOST);
  return (
    <Strip kind="stop">
      <strong>{words.review.obstacles}</strong>
      {reason !== undefined && obstacles.length === 0 && <p>{reason}</p>}
      <List>
        {shown.map(({ pointer, token, why }) => (
          <li key={`${pointer} ${token}`}>
            {why}{" "}
            {token !== "" && (
              <span data-prov="A">
                <TokenText tokens={tokensOf(token, "A")} />
              </span>
            )}{" "}
            {words.review.obstacleAt(labelAt(pointer))}{" "}
            <Where>
              <span data-prov="A">
                <TokenText tokens={tokensOf(pointer, "A")} />
              </span>
            </Where>
          </li>
        ))}
        {obstacles.length > shown.length && <li>{words.review.moreObstacles(obstacles.length - shown.length)}</li>}
      </List>
    </Strip>
  );
}

const Where = styled(Monospaced)({ color: "inherit" });
