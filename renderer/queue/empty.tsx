import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { Region } from "../ui/layout/region.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Centre = styled(Region)({
  flex: 1,
  display: "flex",
  flexDirection: "column",
  alignItems: "center",
  justifyContent: "center",
  gap: space(1),
  padding: space(4),
  textAlign: "center",
});
const Title = styled("p")({ fontSize: "1.375rem", fontWeight: 700 });
const Detail = styled("p")({ color: color("muted"), maxWidth: "44ch" });

interface Props {
  /** When the list was last known to be whole; undefined while it is not. */
  readonly checkedAt: string | undefined;
  readonly isFiltered: boolean;
  /** Somebody stopped everything at a gateway: what is not there says nothing about the ward. */
  readonly isStopped: boolean;
  readonly onClearFilter: () => void;
}

/** Says in words that nothing waits, and how that is known. */
export function EmptyQueue(props: Props): ReactElement {
  const { checkedAt, isFiltered, isStopped, onClearFilter } = props;
  const { queue, shell } = words;
  return (
    <Centre data-region="list" tabIndex={-1} aria-label={shell.regions.list}>
      <Title>{titleOf(props)}</Title>
      {isFiltered ? (
        <Button onClick={onClearFilter}>{queue.clearFilter}</Button>
      ) : (
        <>
          {isStopped && <Detail>{`${queue.emptyStoppedMeans} ${words.connection.downtime}`}</Detail>}
          <Detail>{checkedAt === undefined ? queue.emptyOffline : queue.emptyLive(checkedAt)}</Detail>
        </>
      )}
    </Centre>
  );
}

/** That nothing waits is said only where that is known: a list of an hour ago is not a quiet ward. */
function titleOf({ checkedAt, isFiltered, isStopped }: Props): string {
  const said = words.queue;
  if (isFiltered) return said.emptyFilter;
  if (isStopped) return said.emptyStopped;
  return checkedAt === undefined ? said.emptyUnknown : said.empty;
}
