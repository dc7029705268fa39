/** The two channels between renderer and main: one for commands, with their name inside, and one for events. */
export const COMMAND_CHANNEL = "countersign:command";
export const EVENT_CHANNEL = "countersign:event";

/** The app's own origin: a standard, secure scheme that serves a fixed map of built files. */
export const APP_SCHEME = "countersign-app";
export const APP_HOST = "app";
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;
/** The query of a demonstration's window: fixed when it is made, and there before the page has asked main anything. */
export const DEMO_QUERY = "?demo";
