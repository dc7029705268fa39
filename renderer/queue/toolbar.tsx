import InputAdornment from "@mui/material/InputAdornment";
import OutlinedInput from "@mui/material/OutlinedInput";
import { styled } from "@mui/material/styles";
import { memo, useId, useMemo, useState } from "react";
import type { ReactElement, Ref } from "react";

import type { QueueRow } from "#shared/ipc/contract.ts";

import { actionWords } from "../review/action-words.ts";
import { Magnifier } from "../ui/icons.tsx";
import { Select } from "../ui/input/select.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { color, LOW, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import type { Filter, Sort } from "./order.ts";

/** Still there for those who hear the page. */
const OUT_OF_SIGHT = { position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" } as const;
const Bar = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  columnGap: space(3),
  rowGap: space(1),
  padding: `${space(1.5)} ${space(3)}`,
  borderBottom: `1px solid ${color("line")}`,
  backgroundColor: color("panel"),
  [LOW]: {
    padding: space(0.5),
    columnGap: space(1),
    flexWrap: "nowrap",
    "& h1": OUT_OF_SIGHT,
    "& label": OUT_OF_SIGHT,
  },
});
const Total = styled("p")({ color: color("muted"), marginInlineEnd: "auto", [LOW]: { display: "none" } });
const Labelled = styled("div")({ display: "flex", alignItems: "center", gap: space(1) });
const Search = styled(OutlinedInput)({
  // Beside the others down to the smallest window, where it has room enough for a name.
  flex: "1 1 11rem",
  maxWidth: "19rem",
  "& input": { padding: `${space(0.75)} ${space(1)} ${space(0.75)} 0` },
});

const SORTS: readonly Sort[] = ["due", "tier", "received"];

interface Props extends Choices {
  readonly rows: readonly QueueRow[];
  readonly total: number;
}

export function Toolbar({ rows, total, ...choices }: Props): ReactElement {
  return (
    <Bar>
      <ScreenHeading focusOn="queue">{words.queue.heading}</ScreenHeading>
      <Total>{words.queue.total(total)}</Total>
      <Controls {...choices} types={useTypes(rows)} />
    </Bar>
  );
}

interface Choices {
  readonly filter: Filter;
  readonly sort: Sort;
  readonly searchRef: Ref<HTMLInputElement>;
  readonly onFilter: (filter: Filter) => void;
  readonly onSort: (sort: Sort) => void;
}

/** Types of action in the list; the same array until another comes or the last of one goes. */
function useTypes(rows: readonly QueueRow[]): readonly string[] {
  const found = useMemo(() => [...new Set(rows.map((row) => row.action_type))].toSorted(), [rows]);
  const [held, setHeld] = useState(found);
  if (held.length === found.length && held.every((type, at) => type === found[at])) return held;
  setHeld(found);
  return found;
}

/** Drawn again for another choice or another type: a request that arrives changes the total alone (R9). */
const Controls = memo(function Controls(props: Choices & { readonly types: readonly string[] }): ReactElement {
  const { filter, sort, types } = props;
  const [kind, order] = [useId(), useId()];
  return (
    <>
      <Labelled>
        <label htmlFor={kind}>{words.queue.kind}</label>
        <Select
          value={filter.actionType}
          inputProps={{ id: kind }}
          onChange={(event) => props.onFilter({ ...filter, actionType: event.target.value })}
        >
          <option value="">{words.queue.allKinds}</option>
          {types.map((type) => (
            <option key={type} value={type}>
              {actionWords(type) ?? type}
            </option>
          ))}
        </Select>
      </Labelled>
      <Labelled>
        <label htmlFor={order}>{words.queue.sort}</label>
        <Select
          value={sort}
          inputProps={{ id: order }}
          onChange={(event) => {
            const chosen = SORTS.find((one) => one === event.target.value);
            if (chosen !== undefined) props.onSort(chosen);
          }}
        >
          {SORTS.map((one) => (
            <option key={one} value={one}>
              {words.queue.sorts[one]}
            </option>
          ))}
        </Select>
      </Labelled>
      <Search
        type="search"
        value={filter.text}
        inputRef={props.searchRef}
        placeholder={words.queue.searchHint}
        inputProps={{ "aria-label": words.queue.search }}
        startAdornment={
          <InputAdornment position="start">
            <Magnifier />
          </InputAdornment>
        }
        onChange={(event) => props.onFilter({ ...filter, text: event.target.value })}
      />
    </>
  );
});
