import Button from "@mui/material/Button";
import { useState } from "react";
import type { ReactElement } from "react";

import type { EnrolmentStatus, Phase, WireFault } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { useGatewayNow } from "../state/clock.ts";
import { useSnapshot } from "../state/context.ts";
import { useIsDemo } from "../state/mode.ts";
import { Gate } from "../ui/layout/gate.tsx";
import { ButtonRow, Stack } from "../ui/layout/page.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { Strip } from "../ui/layout/strip.tsx";
import { Identifier, PersonName, RecordValue } from "../ui/provenance/values.tsx";
import { setup } from "../words/en-gb/setup.ts";
import { shell } from "../words/en-gb/shell.ts";
import { CheckWordsStep } from "./check-words-step.tsx";
import type { EnrolmentForm } from "./enrolment-form.ts";
import { TicketStep } from "./ticket-step.tsx";

type SetupPhase = Extract<Phase, { readonly kind: "setup" }>;

/** First run on a workstation, and the enrolment of another person (S1). Each state of main has its own step. */
export function SetupScreen({ phase }: { readonly phase: SetupPhase }): ReactElement {
  const { enrolment } = phase;
  return (
    <Gate
      label={shell.titles.setup}
      product={shell.product}
      aside={<span>{setup.step(stepOf(enrolment), useIsDemo() ? 3 : 4)}</span>}
    >
      <Step {...phase} />
    </Gate>
  );
}

/** Ticket and PIN, comparison, done: the three things that happen here. The practice follows, but in the demonstration. */
function stepOf(enrolment: EnrolmentStatus): 1 | 2 | 3 {
  switch (enrolment.kind) {
    case "ticket":
    case "failed":
      return 1;
    case "connecting":
    case "check_words":
      return 2;
    case "done":
      return 3;
    default:
      return enrolment satisfies never;
  }
}

function Step({ enrolment, joins, canLeave, damaged_keys, unreadable_keys }: SetupPhase): ReactElement {
  const bridge = useBridge();
  const { settings } = useSnapshot();
  const now = useGatewayNow(undefined);
  const [refusal, setRefusal] = useState<WireFault>();
  const isDemo = useIsDemo();

  const begin = async ({ ticket, code, pin, keyStore }: EnrolmentForm): Promise<void> => {
    const key_store = isDemo ? "software" : keyStore === "card" ? "pkcs11" : "os";
    const reply = await ask(bridge.enrol_begin({ ticket, code, pin, key_store }));
    setRefusal(reply.ok ? undefined : reply.error);
  };
  const cancel = (): void => void ask(bridge.enrol_cancel(undefined));

  switch (enrolment.kind) {
    case "ticket":
      return (
        <TicketStep
          joins={joins}
          isDemo={isDemo}
          fault={refusal ?? enrolment.error}
          damagedKeys={damaged_keys}
          unreadableKeys={unreadable_keys}
          onBegin={(form) => void begin(form)}
          onLeave={canLeave === true ? cancel : undefined}
        />
      );
    case "connecting":
      return (
        <Stack as="section" aria-busy>
          <ScreenHeading focusOn="connecting">{setup.connectingHeading}</ScreenHeading>
          <p>{setup.connecting}</p>
          <ButtonRow>
            <Button onClick={cancel}>{setup.cancel}</Button>
          </ButtonRow>
        </Stack>
      );
    case "check_words":
      return (
        <CheckWordsStep
          words={enrolment.words}
          expiresAt={enrolment.expires_at}
          now={now}
          zone={settings.facility_zone}
          onCancel={cancel}
        />
      );
    case "done":
      return (
        <Stack as="section">
          <ScreenHeading focusOn="done">{joins === undefined ? setup.doneHeading : setup.addedHeading}</ScreenHeading>
          <p>
            {setup.signAs}{" "}
            <strong>
              <PersonName value={enrolment.person.name} />
            </strong>{" "}
            · {shell.regNo} <Identifier value={enrolment.person.reg_no} /> ·{" "}
            <RecordValue value={enrolment.person.role} />
          </p>
          <p>
            <RecordValue value={setup.at(enrolment.gateway_name)} />
          </p>
          <p>{setup.notMe}</p>
          <ButtonRow data-end="">
            <Button variant="contained" onClick={cancel}>
              {isDemo ? setup.finish : setup.toPractice}
            </Button>
          </ButtonRow>
        </Stack>
      );
    case "failed":
      return (
        <Stack as="section">
          <ScreenHeading focusOn="failed">{setup.failedHeading}</ScreenHeading>
          <Strip kind="alert">
            {enrolment.error.message}{" "}
            {enrolment.error.tries_left !== undefined && setup.triesLeft(enrolment.error.tries_left)}
          </Strip>
          <p>{shell.code(enrolment.error.code)}</p>
          <ButtonRow data-end="">
            <Button variant="contained" onClick={cancel}>
              {setup.again}
            </Button>
          </ButtonRow>
        </Stack>
      );
    default:
      return enrolment satisfies never;
  }
}
