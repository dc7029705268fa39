import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import { useKeys } from "../keys/provider.tsx";
import { KeyHint } from "../ui/key-hint.tsx";
import { Sheet, SheetButtons } from "../ui/layout/sheet.tsx";
import { space } from "../ui/theme/css.ts";
import { words } from "../words/en-gb.ts";

const Groups = styled("div")({
  columns: "18rem 2",
  columnGap: space(4),
  marginTop: space(1),
  "& > section": { breakInside: "avoid", marginBottom: space(2) },
});
const List = styled("dl")({
  display: "grid",
  gridTemplateColumns: "8.5rem minmax(0, 1fr)",
  rowGap: space(0.5),
  margin: `${space(0.5)} 0 0`,
  "& kbd": { marginInlineStart: 0 },
});

interface Props {
  readonly areSingleKeysOn: boolean;
  readonly onClose: () => void;
}

/** The keys, all of them, with what they do. */
export function HelpSheet({ areSingleKeysOn, onClose }: Props): ReactElement {
  const said = words.keys;
  useKeys("help", { escape: onClose, help: onClose });
  return (
    <Sheet
      title={said.title}
      isOnlyRead
      foot={
        <SheetButtons>
          <Button onClick={onClose} aria-keyshortcuts="Escape">
            {said.close}
          </Button>
        </SheetButtons>
      }
    >
      <p>{areSingleKeysOn ? said.never : `${said.off} ${said.never}`}</p>
      <Groups>
        {said.groups.map((group) => (
          <section key={group.title} aria-label={group.title}>
            <h3>{group.title}</h3>
            <List>
              {group.keys.map(([key, meaning]) => (
                <Pair key={key} name={key} meaning={meaning} />
              ))}
            </List>
          </section>
        ))}
      </Groups>
    </Sheet>
  );
}

function Pair({ name, meaning }: { readonly name: string; readonly meaning: string }): ReactElement {
  return (
    <>
      <dt>
        <KeyHint>{name}</KeyHint>
      </dt>
      <dd>{meaning}</dd>
    </>
  );
}
