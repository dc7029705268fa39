import { styled } from "@mui/material/styles";
import { useEffect } from "react";
import type { ReactElement } from "react";

import type { IdleState } from "#shared/ipc/contract.ts";

import { useKeys } from "../keys/provider.tsx";
import { useCoversPage } from "../ui/layout/modal.tsx";
import { useReturnedFocus } from "../ui/layout/returned-focus.ts";
import { useAnnounce } from "../ui/live-regions.tsx";
import { color, space } from "../ui/theme/css.ts";
import { shell } from "../words/en-gb/shell.ts";

const Cover = styled("main")({
  position: "absolute",
  inset: 0,
  zIndex: 40,
  display: "grid",
  placeContent: "center",
  justifyItems: "center",
  gap: space(1),
  padding: space(3),
  textAlign: "center",
  // Opaque: what lies behind is a person's record, and nobody is looking at it.
  backgroundColor: color("panel"),
  color: color("text"),
});
const Title = styled("h1")({ fontSize: "1.375rem", fontWeight: 700 });

/**
 * Over everything while nobody uses the workstation (approval-experience.md 6): the page behind stays as it is, so that who
 * comes back goes on, but nothing of it is seen. Keys mean nothing here, and main keeps the
 * one that ends it from the page.
 */
export function IdleCover({ idle }: { readonly idle: IdleState }): ReactElement {
  const said = shell.idle;
  const announce = useAnnounce();
  useCoversPage();
  useReturnedFocus();
  useKeys("help", {});
  useEffect(() => {
    if (idle === "locking") announce.assertive(said.locking);
  }, [announce, idle, said]);
  return (
    <Cover data-prov="K">
      <Title>{idle === "locking" ? said.locking : said.hidden}</Title>
      <p>{idle === "locking" ? said.stay : said.goOn}</p>
    </Cover>
  );
}
