// Loaded into Electron before the app (`-r`) where Playwright starts it: the app is not ready before Playwright has
// attached and says so. A window that opens in the same moment is seen without its first page, and Playwright waits
// for that page for ever (seen with files that come slowly from the disk, once in twenty starts). Playwright's own
// loader would do the same, but it also sets switches, among them another store for passwords.
const { app } = require("electron");

const ready = app.whenReady();
/** @type {(value?: undefined) => void} */
let attached;
const watched = new Promise((resolve) => {
  attached = resolve;
});

app.whenReady = () => watched.then(() => ready);
/** Called by Playwright when it is attached. */
Reflect.set(globalThis, "__playwright_run", () => attached());
