import { styled } from "@mui/material/styles";
import { defaultRangeExtractor, measureElement, useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useImperativeHandle, useMemo, useRef } from "react";
import type { ReactElement, Ref, SyntheticEvent } from "react";

import type { GatewayStatus, RequestKey } from "#shared/ipc/contract.ts";

import { isLive } from "../shell/connection.ts";
import { nameAmong } from "../state/gateways.ts";
import { Region } from "../ui/layout/region.tsx";
import { color } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import { FloodRow } from "./flood-row.tsx";
import type { Item } from "./items.ts";
import { useRowHeights } from "./row-heights.ts";
import { Row } from "./row.tsx";

const Scroll = styled(Region)({
  flex: 1,
  overflowY: "auto",
  contain: "strict",
  backgroundColor: color("page"),
});
const List = styled("ul")({
  position: "relative",
  width: "100%",
  // Of the list and not of each place: a styled element costs its style again whenever it is drawn.
  "& > li": { position: "absolute", insetInline: 0, top: 0 },
});

export interface ListHandle {
  /** Focuses the item at `index`, scrolling it into view first. */
  readonly focusItem: (index: number) => void;
  /** The same for a request, once the list has been drawn anew. */
  readonly focusId: (id: string) => void;
}

interface Props {
  readonly ref: Ref<ListHandle>;
  readonly items: readonly Item[];
  readonly alerts: ReadonlySet<string>;
  /** Id of the item that has, or had, the focus. */
  readonly focused: string | undefined;
  readonly gateways: readonly GatewayStatus[];
  /** Seconds of a gateway's time, by its issuer. */
  readonly nowAt: (iss: string) => number;
  readonly zone: string;
  readonly onOpen: (key: RequestKey) => void;
  readonly onFocus: (item: Item) => void;
  readonly onToggleFlood: (id: string) => void;
}

/**
 * A list of links, drawn only where it is looked at, for ten thousand rows of different heights. The focused row stays
 * in the page, so that scrolling never takes the focus away.
 */
export function RequestList(props: Props): ReactElement {
  const { items, focused } = props;
  const scroll = useRef<HTMLElement>(null);
  const focusedAt = useMemo(() => items.findIndex(({ id }) => id === focused), [items, focused]);
  const heights = useRowHeights();
  // The same function for the same items: another one makes the virtualizer place every row anew.
  const keyOf = useCallback((index: number) => items[index]?.id ?? index, [items]);
  // eslint-disable-next-line react-hooks/incompatible-library -- its functions are called here and passed to nobody
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => heights.of(items[index]),
    measureElement: (element, entry, instance) => {
      const px = measureElement(element, entry, instance);
      heights.learn(items[instance.indexFromElement(element)], px);
      return px;
    },
    overscan: 8,
    getItemKey: keyOf,
    rangeExtractor: (range) => {
      const drawn = defaultRangeExtractor(range);
      if (focusedAt === -1 || drawn.includes(focusedAt)) return drawn;
      return [...drawn, focusedAt].sort((a, b) => a - b);
    },
  });

  const focusItem = (index: number): void => {
    virtualizer.scrollToIndex(index, { align: "auto" });
    const focus = (): boolean => {
      const link = scroll.current?.querySelector<HTMLElement>(`[data-row="${index}"]`);
      link?.focus({ preventScroll: true });
      return link !== null && link !== undefined;
    };
    // The row may be drawn only by the next frame.
    if (!focus()) requestAnimationFrame(focus);
  };
  useImperativeHandle(props.ref, () => ({
    focusItem,
    focusId: (wanted) => {
      const at = items.findIndex(({ id }) => id === wanted);
      if (at !== -1) focusItem(at);
    },
  }));

  // One place for all rows: a row that is given nothing new is not drawn again, however the list scrolls.
  const itemAt = ({ target }: SyntheticEvent): Item | undefined => {
    const place = target instanceof Element ? target.closest<HTMLElement>("[data-row]")?.dataset["row"] : undefined;
    return place === undefined ? undefined : items[Number(place)];
  };
  const onClick = (event: SyntheticEvent): void => {
    const item = itemAt(event);
    if (item === undefined) return;
    event.preventDefault();
    if (item.kind === "flood") props.onToggleFlood(item.id);
    else if (!item.line.isGone) props.onOpen(item.line.row.key);
  };
  const onFocus = (event: SyntheticEvent): void => {
    const item = itemAt(event);
    if (item !== undefined) props.onFocus(item);
  };

  return (
    <Scroll ref={scroll} data-region="list" tabIndex={-1} aria-label={words.shell.regions.list}>
      <List style={{ height: virtualizer.getTotalSize() }} onClick={onClick} onFocus={onFocus}>
        {virtualizer.getVirtualItems().map((place) => {
          const item = items[place.index];
          return (
            <li
              key={place.key}
              ref={virtualizer.measureElement}
              data-index={place.index}
              aria-setsize={items.length}
              aria-posinset={place.index + 1}
              style={{ transform: `translateY(${place.start}px)` }}
            >
              {item !== undefined && <OneItem {...props} item={item} position={place.index} />}
            </li>
          );
        })}
      </List>
    </Scroll>
  );
}

type Drawn = Pick<Props, "gateways" | "alerts" | "nowAt" | "zone">;

function OneItem({
  item,
  position,
  ...list
}: Drawn & { readonly item: Item; readonly position: number }): ReactElement {
  if (item.kind === "flood") return <FloodRow item={item} position={position} />;
  const { iss } = item.line.row.key;
  return (
    <Row
      row={item.line.row}
      gateway={nameAmong(list.gateways, iss)}
      isDimmed={!isLive(list.gateways.find((gateway) => gateway.iss === iss))}
      isGone={item.line.isGone}
      hasNameAlert={list.alerts.has(item.id)}
      now={list.nowAt(iss)}
      zone={list.zone}
      position={position}
    />
  );
}
