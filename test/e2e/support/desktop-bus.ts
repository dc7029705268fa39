import dbus, { defineInterface, type DefinedInterface } from "dbus-native";

/** A notification as the desktop is asked to show it (Desktop Notifications Specification 1.2, `Notify`). */
export interface Shown {
  readonly id: number;
  readonly summary: string;
  readonly body: string;
  /** Key and label of each button, in turns. */
  readonly actions: readonly string[];
  readonly hints: Readonly<Record<string, unknown>>;
}

/** An item of the tray (StatusNotifierItem), read from the program that put it there. */
export interface TrayItem {
  /** Everything it says of itself, its picture left out. */
  properties(): Promise<Readonly<Record<string, unknown>>>;
  /** Its menu (com.canonical.dbusmenu), flat and in order. */
  menu(): Promise<readonly { readonly id: number; readonly label: string }[]>;
  choose(id: number): Promise<void>;
  activate(): Promise<void>;
}

/** The part of a desktop that shows notifications and a tray, on the session's own bus. */
export interface DesktopBus {
  readonly shown: readonly Shown[];
  readonly tray: () => TrayItem | undefined;
  /** The person clicks the notification itself. */
  readonly click: (id: number) => void;
  close(): void;
}

const PICTURES = new Set(["IconPixmap", "AttentionIconPixmap", "OverlayIconPixmap", "ToolTip"]);

/**
 * Takes the desktop's two names on the session bus. Undefined where there is no bus, or where a real desktop has them: its
 * user's notifications are not a test's to take.
 */
export async function takeDesktop(): Promise<DesktopBus | undefined> {
  if (process.env["DBUS_SESSION_BUS_ADDRESS"] === undefined) return undefined;
  const bus = dbus.sessionBus({ returnBigInt: false });
  const shown: Shown[] = [];
  let item: { readonly service: string; readonly path: string } | undefined;

  const notifications = defineInterface({
    name: "org.freedesktop.Notifications",
    methods: {
      Notify: {
        in: {
          ...{ app: "s", replaces: "u", icon: "s", summary: "s", body: "s" },
          ...{ actions: "as", hints: "a{sv}", timeout: "i" },
        },
        out: { id: "u" },
        handler: ({ summary, body, actions, hints }: Omit<Shown, "id">) => {
          const id = shown.length + 1;
          shown.push({ id, summary, body, actions, hints });
          return id;
        },
      },
      CloseNotification: { in: { id: "u" }, handler: () => undefined },
      GetCapabilities: { out: { names: "as" }, handler: () => ["body", "actions"] },
      GetServerInformation: {
        out: { name: "s", vendor: "s", version: "s", spec: "s" },
        handler: () => ({ name: "test", vendor: "test", version: "1", spec: "1.2" }),
      },
    },
    signals: { ActionInvoked: { args: { id: "u", key: "s" } } },
  });
  const watcher = defineInterface({
    name: "org.kde.StatusNotifierWatcher",
    methods: {
      RegisterStatusNotifierItem: {
        in: { service: "s" },
        handler: ({ service }: { service: string }, { sender = "" }) => {
          item = service.startsWith("/")
            ? { service: sender, path: service }
            : { service, path: "/StatusNotifierItem" };
        },
      },
      RegisterStatusNotifierHost: { in: { service: "s" }, handler: () => undefined },
    },
    properties: {
      IsStatusNotifierHostRegistered: { type: "b", access: "read", get: () => true },
      ProtocolVersion: { type: "i", access: "read", get: () => 0 },
      RegisteredStatusNotifierItems: { type: "as", access: "read", get: () => [] },
    },
    signals: { StatusNotifierItemRegistered: { args: { service: "s" } } },
  });
  const serve = async (path: string, what: DefinedInterface): Promise<boolean> => {
    await bus.export(path, what);
    // DBUS_NAME_FLAG_DO_NOT_QUEUE; 1 is DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER.
    return (await bus.requestName(what.name, 4)) === 1;
  };
  const close = (): void => {
    bus.connection.end();
  };
  const isOurs =
    (await serve("/org/freedesktop/Notifications", notifications)) && (await serve("/StatusNotifierWatcher", watcher));
  if (!isOurs) {
    close();
    return undefined;
  }

  const ask = async (path: string, on: string, member: string, signature = "", body: readonly unknown[] = []) => {
    const destination = item?.service ?? "";
    const message = { destination, path, interface: on, member, ...(signature ? { signature, body: [...body] } : {}) };
    return bus.invoke<unknown>(message, { timeout: 5_000 });
  };
  const own = "org.kde.StatusNotifierItem";
  const properties = async () =>
    (await ask(item?.path ?? "", "org.freedesktop.DBus.Properties", "GetAll", "s", [own])) as Record<string, unknown>;
  const tray: TrayItem = {
    async properties() {
      const all = Object.entries(await properties());
      return Object.fromEntries(all.map(([name, value]) => [name, PICTURES.has(name) ? textsIn(value) : value]));
    },
    async menu() {
      const menu = String((await properties())["Menu"]);
      const answer = await ask(menu, "com.canonical.dbusmenu", "GetLayout", "iias", [0, -1, []]);
      return itemsIn((answer as readonly [revision: number, layout: unknown])[1]);
    },
    async choose(id) {
      const menu = String((await properties())["Menu"]);
      const asked = [id, "clicked", new dbus.Variant("s", ""), 0];
      await ask(menu, "com.canonical.dbusmenu", "Event", "isvu", asked);
    },
    async activate() {
      await ask(item?.path ?? "", own, "Activate", "ii", [0, 0]);
    },
  };
  return {
    shown,
    tray: () => (item === undefined ? undefined : tray),
    click: (id) => notifications.emit["ActionInvoked"]?.(id, "default"),
    close,
  };
}

/** Every text in a value of any depth. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.flatMap(textsIn) : [];
}

/** `(ia{sv}av)`: an item, what it says of itself, and the items below it. */
function itemsIn(layout: unknown): readonly { readonly id: number; readonly label: string }[] {
  const [id, { label }, below] = layout as readonly [number, { readonly label?: string }, readonly unknown[]];
  return [...(label === undefined ? [] : [{ id, label }]), ...below.flatMap(itemsIn)];
}
