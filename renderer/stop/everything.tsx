import Button from "@mui/material/Button";
import { styled } from "@mui/material/styles";
import type { ReactElement } from "react";

import type { CommandInput, GatewayStatus } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { SaySheet } from "../history/say-sheet.tsx";
import { useSnapshot } from "../state/context.ts";
import { RecordValue } from "../ui/provenance/values.tsx";
import { color } from "../ui/theme/css.ts";
import { say } from "../words/en-gb/say.ts";

export type EverythingAction = "stop-everything" | "resume-everything";
type Saying = CommandInput<"say">["saying"];

/** In the place of a type of action: every type (protocol.md 3.20). */
const EVERY_TYPE = "*";

export const everything = (action: EverythingAction, reason: Saying["reason"]): Saying => ({
  kind: action === "stop-everything" ? "pause-type" : "resume-type",
  type: EVERY_TYPE,
  reason,
});

const Grave = styled(Button)({
  "&&": { borderColor: color("deny"), color: color("deny") },
  "&&:hover": { backgroundColor: color("denyHover") },
});

const at = (gateways: readonly GatewayStatus[], iss: string): GatewayStatus | undefined =>
  gateways.find((gateway) => gateway.iss === iss);

/** The way to the stop switch, for who may use it: it opens a sheet and stops nothing by itself. */
export function StopButton({
  iss,
  onAct,
}: {
  readonly iss: string;
  readonly onAct: (action: EverythingAction) => void;
}): ReactElement | null {
  const gateway = at(useSnapshot().gateways, iss);
  if (gateway?.may_stop !== true || gateway.connection.kind !== "live") return null;
  if (gateway.everything_stopped !== undefined) {
    return <Button onClick={() => onAct("resume-everything")}>{say.buttons["resume-everything"]}</Button>;
  }
  return <Grave onClick={() => onAct("stop-everything")}>{say.buttons["stop-everything"]}</Grave>;
}

/** Says what happens to what is under way, and signs. */
export function StopSheet({
  iss,
  action,
  zone,
  onClose,
}: {
  readonly iss: string;
  readonly action: EverythingAction;
  readonly zone: string;
  readonly onClose: () => void;
}): ReactElement {
  const bridge = useBridge();
  return (
    <SaySheet
      action={action}
      about={<AboutEverything iss={iss} />}
      zone={zone}
      say={(reason) => ask(bridge.say({ iss, saying: everything(action, reason) }))}
      onClose={onClose}
    />
  );
}

export function AboutEverything({ iss }: { readonly iss: string }): ReactElement {
  const name = at(useSnapshot().gateways, iss)?.name ?? "";
  return (
    <>
      {say.everyAgent} <RecordValue value={name} />
    </>
  );
}
