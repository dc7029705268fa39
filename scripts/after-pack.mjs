// electron-builder calls this on the unpacked app, before anything is signed or archived.
import { flipFuses, FuseV1Options, FuseVersion, getCurrentFuseWire } from "@electron/fuses";
import { rmSync } from "node:fs";
import path from "node:path";

/**
 * Every fuse, by name: one that a new Electron adds is a missing key here, and the types do not compile.
 * @type {Required<Record<FuseV1Options, boolean>>}
 */
export const FUSES = {
  // SECURITY: the app's binary is never a plain Node (Electron fuses; checklist 19). Worker processes use utilityProcess.
  [FuseV1Options.RunAsNode]: false,
  // SECURITY: cookies at rest are encrypted with a key of the operating system.
  [FuseV1Options.EnableCookieEncryption]: true,
  // SECURITY: NODE_OPTIONS and NODE_EXTRA_CA_CERTS cannot change what runs or whom it trusts; a site CA is a setting.
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  // SECURITY: nobody attaches a debugger to the process that holds the key (--inspect, SIGUSR1).
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // SECURITY: the archive is checked against the binary where the platform does it (macOS, Windows; Linux does not).
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  // SECURITY: code is searched in app.asar only, not in a folder laid beside it.
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  // SECURITY: no snapshot file beside the binary may bring code (CVE-2025-55305).
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  // SECURITY: the app's pages come by its own scheme; file:// has no privileges.
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
};

/**
 * @param {import("electron-builder").AfterPackContext} context
 * @returns {{ binary: string, resources: string }} where the app's binary and its resources lie
 */
function placesOf({ appOutDir, electronPlatformName, packager }) {
  const name = packager.appInfo.productFilename;
  if (electronPlatformName === "darwin") {
    const bundle = path.join(appOutDir, `${name}.app`);
    return { binary: bundle, resources: path.join(bundle, "Contents/Resources") };
  }
  /** @type {unknown} */
  const options = packager.platformSpecificBuildOptions;
  const { executableName } = /** @type {{ executableName?: string | null }} */ (options);
  const file = electronPlatformName === "win32" ? `${name}.exe` : (executableName ?? name);
  return { binary: path.join(appOutDir, file), resources: path.join(appOutDir, "resources") };
}

/** @param {import("electron-builder").AfterPackContext} context */
export default async function afterPack(context) {
  const { binary, resources } = placesOf(context);
  // SECURITY: Electron's default app opens whatever folder its command line names; it must not ship.
  rmSync(path.join(resources, "default_app.asar"), { force: true });
  // An older Electron has fewer fuses; one that it has and FUSES lacks is an error (strictlyRequireAllFuses).
  const wire = await getCurrentFuseWire(binary);
  const known = Object.fromEntries(Object.entries(FUSES).filter(([fuse]) => fuse in wire));
  await flipFuses(binary, {
    version: FuseVersion.V1,
    resetAdHocDarwinSignature: context.electronPlatformName === "darwin",
    .../** @type {typeof FUSES} */ (known),
    strictlyRequireAllFuses: true,
  });
}
