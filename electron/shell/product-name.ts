import type { Mode } from "#shared/ipc/contract.ts";

/** The app's name where the system shows it: window, tray, notifications, dialogs. A demonstration says so first (S13; H13). */
export const productName = (mode: Mode): string => (mode === "demo" ? "DEMO - Countersign" : "Countersign");
