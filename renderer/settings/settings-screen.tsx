import Checkbox from "@mui/material/Checkbox";
import FormControlLabel from "@mui/material/FormControlLabel";
import type { ReactElement } from "react";

import type { CommandInput, OwnSettings, Person } from "#shared/ipc/contract.ts";

import { ask } from "../bridge/bridge.ts";
import { useBridge } from "../bridge/context.ts";
import { useSnapshot } from "../state/context.ts";
import { isKnownZone } from "../time/zone.ts";
import { Column, Field, Hint, Page, Stack } from "../ui/layout/page.tsx";
import { Panel } from "../ui/layout/panel.tsx";
import { ScreenHeading } from "../ui/layout/screen-heading.tsx";
import { replaceKey, settings as text } from "../words/en-gb/settings.ts";
import { shell } from "../words/en-gb/shell.ts";
import { AddGateway } from "./add-gateway.tsx";
import { Choice } from "./choice.tsx";
import { Diagnostics } from "./diagnostics.tsx";
import { EachKey } from "./each-key.tsx";
import { GatewayList } from "./gateway-list.tsx";
import { GiveUpKeys } from "./give-up-keys.tsx";
import { Managed } from "./managed.tsx";
import { ReplaceKey } from "./replace-key.tsx";
import { SavedText } from "./saved-text.tsx";

const THEMES = ["system", "light", "dark", "high-contrast"] as const;
const SIZES = [100, 125, 150, 175, 200] as const;
const DENSITIES = ["comfortable", "compact"] as const;

/** Settings (S12): each takes effect at once and belongs to this workstation. */
export function SettingsScreen({ person }: { readonly person: Person }): ReactElement {
  const bridge = useBridge();
  const { phase, settings, gateways, version } = useSnapshot();
  const replacing = phase.kind === "unlocked" ? phase.replacing : undefined;
  const set = (change: CommandInput<"set_settings">): void => void ask(bridge.set_settings(change));
  const managed = (name: keyof OwnSettings) => ({ isManaged: settings.managed.includes(name) });
  return (
    <Page data-prov="K" data-region="body" aria-label={shell.titles.settings}>
      <Column>
        <ScreenHeading focusOn="settings">{text.heading}</ScreenHeading>
        <Panel kind="plain" title={text.display}>
          <Stack>
            <Choice
              {...managed("theme")}
              label={text.theme}
              value={settings.theme}
              options={THEMES.map((one) => [one, text.themes[one]])}
              onChoose={(theme) => set({ theme })}
            />
            <Choice
              {...managed("text_size")}
              label={text.textSize}
              value={settings.text_size}
              options={SIZES.map((one) => [one, `${String(one)} %`])}
              onChoose={(text_size) => set({ text_size })}
            />
            <Choice
              {...managed("density")}
              label={text.density}
              hint={text.densityHint}
              value={settings.density}
              options={DENSITIES.map((one) => [one, text.densities[one]])}
              onChoose={(density) => set({ density })}
            />
          </Stack>
        </Panel>
        <Panel kind="plain" title={text.keyboard}>
          <FormControlLabel
            control={<Checkbox checked={settings.single_keys} disabled={managed("single_keys").isManaged} />}
            label={text.singleKeys}
            onChange={(_, checked) => set({ single_keys: checked })}
          />
          {managed("single_keys").isManaged && <Managed />}
          <Hint>{text.singleKeysHint}</Hint>
        </Panel>
        <Panel kind="plain" title={text.time}>
          <SavedText
            key={settings.facility_zone}
            {...managed("facility_zone")}
            label={text.zone}
            hint={text.zoneHint}
            value={settings.facility_zone}
            check={(zone) => (isKnownZone(zone) ? undefined : text.zoneUnknown)}
            onSave={(facility_zone) => set({ facility_zone })}
          />
        </Panel>
        <Panel kind="plain" title={text.gateways}>
          <Stack>
            <GatewayList gateways={gateways} zone={settings.facility_zone} />
            <AddGateway isOnCard={person.key_storage === "hardware"} />
          </Stack>
        </Panel>
        <Panel kind="plain" title={text.network}>
          <SavedText
            key={settings.site_ca_file}
            {...managed("site_ca_file")}
            label={text.siteCa}
            hint={text.siteCaHint}
            value={settings.site_ca_file}
            check={() => undefined}
            onSave={(site_ca_file) => set({ site_ca_file })}
          />
        </Panel>
        <Panel kind="plain" title={replaceKey.heading}>
          <Stack>
            <p>{replaceKey.meaning}</p>
            <EachKey gateways={gateways}>
              {(iss) => <ReplaceKey iss={iss} replacing={replacing?.iss === iss ? replacing : undefined} />}
            </EachKey>
          </Stack>
        </Panel>
        <Panel kind="plain" title={text.giveUp}>
          <GiveUpKeys areSeveral={gateways.length > 1} />
        </Panel>
        <Panel kind="plain" title={text.diagnostics}>
          <Diagnostics />
        </Panel>
        <Panel kind="plain" title={text.about}>
          <Field>
            <p>{text.version(version)}</p>
            <p>
              {text.key}: {text.keys[person.key_storage]}
            </p>
          </Field>
        </Panel>
      </Column>
    </Page>
  );
}
