import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { AmberTriangle } from "../ui/icons.tsx";
import { RecordValue } from "../ui/provenance/values.tsx";
import { color, space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";
import type { Item } from "./items.ts";

const Box = styled("div")({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: space(1.5),
  padding: `${space(1.25)} ${space(3)}`,
  borderBottom: `1px solid ${color("line")}`,
  borderInlineStart: `6px solid ${color("amber")}`,
  backgroundColor: color("panel"),
});
const Words = styled("p")({ flex: "1 1 20rem" });

interface Props {
  readonly item: Extract<Item, { readonly kind: "flood" }>;
  readonly position: number;
}

/** One line for an agent that asks again and again, so that the others stay visible (S3, flood). The list hears its clicks. */
export function FloodRow({ item, position }: Props): ReactElement {
  return (
    <Box data-prov="K">
      <AmberTriangle />
      <Words>
        <strong>
          {words.queue.flood(item.count)} <RecordValue value={item.agentName} />.
        </strong>{" "}
        {words.queue.floodHint}
      </Words>
      <Button aria-expanded={item.isOpen} data-row={position}>
        {item.isOpen ? words.queue.floodClose : words.queue.floodOpen}
      </Button>
    </Box>
  );
}
