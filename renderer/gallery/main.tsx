import "@fontsource/atkinson-hyperlegible/400.css";
import "@fontsource/atkinson-hyperlegible/700.css";
import "@fontsource/atkinson-hyperlegible-mono/400.css";
import "@fontsource/atkinson-hyperlegible-mono/700.css";
import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { createRoot } from "react-dom/client";

import { makeFakeBridge } from "../bridge/fake/fake-bridge.ts";
import { App } from "../shell/app.tsx";
import { Frame } from "../shell/frame.tsx";
import type { Clock } from "../state/clock.ts";
import { color, space } from "../ui/theme/css.ts";
import { Appearance } from "../ui/theme/provider.tsx";
import { words } from "../words/en-gb.ts";
import { parseAddress } from "./address.ts";
import type { Address } from "./address.ts";
import { LATER, makeRunningClock, STILL } from "./clock.ts";
import type { GalleryState } from "./state.ts";
import { STATES } from "./states.ts";
import { whenStill } from "./still.ts";

const Index = styled("main")({
  height: "100%",
  overflowY: "auto",
  padding: space(4),
  "& li": { padding: `${space(0.25)} 0` },
  "& a": { color: color("primary") },
});

/** Every state of every screen on the fake bridge, one address each. */
function Gallery(): ReactElement {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const onHash = (): void => setHash(window.location.hash);
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);
  useEffect(() => {
    // A test that goes from state to state waits for this mark; states with an app set it when their events came.
    if (STATES.find(({ id }) => id === parseAddress(hash).id)?.app === undefined)
      document.documentElement.dataset["drawn"] = hash;
  }, [hash]);
  const address = parseAddress(hash);
  const state = STATES.find(({ id }) => id === address.id);
  if (state?.app !== undefined) return <OneApp key={hash} app={state.app} address={address} />;
  return (
    <Appearance theme={address.theme}>
      <Frame strip={address.isDemo ? words.shell.demo : undefined}>
        {state?.draw?.() ?? (
          <Index data-prov="K">
            <h1>Gallery</h1>
            <ul>
              {STATES.map(({ id, title }) => (
                <li key={id}>
                  <a href={`#${id}`}>{title}</a>
                </li>
              ))}
            </ul>
          </Index>
        )}
      </Frame>
    </Appearance>
  );
}

interface Props {
  readonly app: NonNullable<GalleryState["app"]>;
  readonly address: Address;
}

function OneApp({ app, address }: Props): ReactElement {
  const [clock] = useState<Clock>(() => (address.isLive ? makeRunningClock() : app.isLate === true ? LATER : STILL));
  const [bridge] = useState(() =>
    makeFakeBridge({
      ...app,
      snapshot: {
        ...app.snapshot,
        settings: { ...app.snapshot.settings, theme: address.theme },
      },
      nowS: () => Math.floor(clock.nowMs() / 1000),
      later: (ms, callback) => {
        if (address.isLive) setTimeout(callback, ms);
      },
    }),
  );
  useEffect(() => {
    const isDrawn = (): void => {
      document.documentElement.dataset["drawn"] = window.location.hash;
    };
    const { events = [] } = app;
    let cancel = whenStill(() => {
      // After the screen has drawn itself: what happens then is what the state shows.
      for (const event of events) bridge.emit(event);
      if (events.length === 0) isDrawn();
      else cancel = whenStill(isDrawn);
    });
    return () => cancel();
  }, [app, bridge]);
  const mode = address.isDemo || app.isDemo === true ? "demo" : "live";
  return <App bridge={bridge} mode={mode} clock={clock} {...(app.start === undefined ? {} : { start: app.start })} />;
}

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<Gallery />);
