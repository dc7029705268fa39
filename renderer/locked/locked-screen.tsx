import FormControlLabel from "@mui/material/FormControlLabel";
import Radio from "@mui/material/Radio";
import RadioGroup from "@mui/material/RadioGroup";
import { styled } from "@mui/material/styles";
import { useId, useState } from "react";
import type { ReactElement } from "react";

import { formatTimeToday } from "#shared/presentation/clinical/date.ts";
import type { Person, Phase } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { useGatewayNow } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { PinForm } from "../ui/input/pin-form.tsx";
import { Gate } from "../ui/layout/gate.tsx";
import { Hint } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { color } from "../ui/theme/css.ts";
import { KeyFaults } from "./key-faults.tsx";
import { locked } from "../words/en-gb/locked.ts";
import { shell } from "../words/en-gb/shell.ts";

/** Which PIN it is, where one person has two. */
const Where = styled("span")({ color: color("muted") });

type LockedPhase = Extract<Phase, { readonly kind: "locked" }>;

/** Locked, or another person signs in (S2). SECURITY: no patient, agent, drug or urgency is in this page (AC17). */
export function LockedScreen({ phase }: { readonly phase: LockedPhase }): ReactElement {
  const { settings, gateways } = useSnapshot();
  const now = useGatewayNow(undefined);
  const { waiting, damaged_keys, unreadable_keys } = phase;
  const time = (seconds: number): string => formatTimeToday(seconds, now, settings.facility_zone).text;
  const why = whyLocked(phase, time);
  const isKnown = waiting > 0 || gateways.some(({ connection }) => connection.kind === "live");
  return (
    <Gate
      label={shell.titles.locked}
      product={shell.product}
      aside={<span>{formatTimeToday(now, now, settings.facility_zone).text}</span>}
    >
      <ScreenHeading focusOn="locked">{locked.heading}</ScreenHeading>
      <p>{isKnown ? locked.waiting(waiting) : locked.unknown}</p>
      {why !== undefined && <Strip kind="info">{why}</Strip>}
      <KeyFaults damaged={damaged_keys} unreadable={unreadable_keys} />
      <SignIn people={phase.people} />
      <Hint>{locked.downtime}</Hint>
    </Gate>
  );
}

/** When the app locked under somebody's hands, and what became of what they were at. */
function whyLocked({ notice, card_out }: LockedPhase, time: (seconds: number) => string): string | undefined {
  if (card_out !== undefined) {
    const at = time(card_out);
    if (notice === undefined) return locked.cardOut(at);
    return notice.sent ? locked.cardOutWasSent(at) : locked.cardOutNothingSent(at);
  }
  if (notice === undefined) return undefined;
  return notice.sent ? locked.wasSent(time(notice.at)) : locked.nothingSent(time(notice.at));
}

function SignIn({ people }: { readonly people: readonly Person[] }): ReactElement {
  const bridge = useBridge();
  const who = useId();
  const [kid, setKid] = useState(people.length === 1 ? people[0]?.kid : undefined);

  const unlock = async (of: string, pin: string): Promise<string | undefined> => {
    const reply = await ask(bridge.unlock({ kid: of, pin }));
    return reply.ok ? undefined : reply.error.message;
  };

  return (
    <PinForm
      label={locked.pin}
      leave={{ label: locked.another, run: () => void ask(bridge.enrol_cancel(undefined)) }}
      send={{ label: locked.signIn, busy: locked.signingIn }}
      onSend={kid === undefined ? undefined : (pin) => unlock(kid, pin)}
    >
      <strong id={who}>{locked.who}</strong>
      <RadioGroup aria-labelledby={who} value={kid ?? ""} onChange={(_, value) => setKid(value)}>
        {people.map((person) => (
          <FormControlLabel
            key={person.kid}
            value={person.kid}
            control={<Radio />}
            label={
              <>
                <PersonName value={person.name} />
                {people.filter(({ sub }) => sub === person.sub).length > 1 && (
                  <Where>
                    {" · "}
                    <RecordValue value={person.gateways.join(", ")} />
                  </Where>
                )}
                {person.key_storage === "software" && ` (${locked.softwareKey})`}
              </>
            }
          />
        ))}
      </RadioGroup>
    </PinForm>
  );
}
