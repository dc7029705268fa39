import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onStop, run } from "./command.mjs";
import { inRoot } from "./project.mjs";
import { ScriptError } from "./script-error.mjs";

const DEPENDS =
  "libgtk-3-0 | libgtk-3-0t64, libnss3, libasound2 | libasound2t64, libgbm1, libxss1, libatk-bridge2.0-0 | libatk-bridge2.0-0t64, libnotify4, xdg-utils";

/** Debian sorts 0.1.0~dev before 0.1.0. @param {string} version a semantic version */
export function debianVersion(version) {
  return version.replace("-", "~");
}

/** @param {string} version @param {number} installedKiB */
export function controlFile(version, installedKiB) {
  return `Package: countersign
Version: ${debianVersion(version)}
Architecture: amd64
Maintainer: The Countersign authors <maintainers@countersign.invalid>
Installed-Size: ${installedKiB}
Depends: ${DEPENDS}
Section: science
Priority: optional
Description: Sign or refuse what an AI agent wants to do
 A clinician reads the exact action an AI agent asks for and returns a signed
 decision; the gateway verifies it, executes those bytes and keeps a log that
 anybody with the directory's public key can check.
`;
}

const DESKTOP_ENTRY = `[Desktop Entry]
Name=Countersign
Comment=Sign or refuse what an AI agent wants to do
Exec=/opt/Countersign/countersign %U
Terminal=false
Type=Application
Icon=countersign
StartupWMClass=Countersign
MimeType=x-scheme-handler/countersign;
Categories=MedicalSoftware;Science;
`;

// SECURITY: Chromium's sandbox helper works only when root owns it with the setuid bit, where user namespaces are off.
const AFTER_INSTALL = `#!/bin/sh
set -e
chown root:root /opt/Countersign/chrome-sandbox
chmod 4755 /opt/Countersign/chrome-sandbox
if command -v update-desktop-database >/dev/null 2>&1; then update-desktop-database -q /usr/share/applications || true; fi
`;

/**
 * Makes a Debian package of an unpacked app with dpkg-deb alone; electron-builder's own target needs a download.
 * @param {{ unpacked: string, output: string, version: string }} options
 * @returns {Promise<string>} the package's file
 */
export async function makeDeb({ unpacked, output, version }) {
  const tree = mkdtempSync(path.join(os.tmpdir(), "countersign-deb-"));
  const clear = () => rmSync(tree, { recursive: true, force: true });
  const forget = onStop(clear);
  try {
    for (const folder of [
      "DEBIAN",
      "opt",
      "usr/bin",
      "usr/share/applications",
      "usr/share/icons/hicolor/512x512/apps",
    ]) {
      mkdirSync(path.join(tree, folder), { recursive: true });
    }
    chmodSync(tree, 0o755);
    cpSync(unpacked, path.join(tree, "opt/Countersign"), { recursive: true });
    symlinkSync("/opt/Countersign/countersign", path.join(tree, "usr/bin/countersign"));
    writeFileSync(path.join(tree, "usr/share/applications/countersign.desktop"), DESKTOP_ENTRY);
    const icon = inRoot("electron/shell/icons/icon.png");
    if (existsSync(icon)) cpSync(icon, path.join(tree, "usr/share/icons/hicolor/512x512/apps/countersign.png"));
    const { output: size } = await run("du", ["-sk", "--exclude=DEBIAN", tree]);
    writeFileSync(path.join(tree, "DEBIAN/control"), controlFile(version, Number.parseInt(size, 10)));
    writeFileSync(path.join(tree, "DEBIAN/postinst"), AFTER_INSTALL, { mode: 0o755 });
    const file = path.join(output, `countersign_${debianVersion(version)}_amd64.deb`);
    const { status, output: words } = await run("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", tree, file]);
    if (status !== 0)
      throw new ScriptError("E_COMMAND_FAILED", "dpkg-deb could not make the package; its own words are above.", words);
    return file;
  } finally {
    forget();
    clear();
  }
}
