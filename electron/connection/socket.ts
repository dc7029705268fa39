/** The socket as the machine sees it, so that tests and faults can be put in its place. */
export interface Socket {
  send(text: string): void;
  /** WebSocket ping; answered by {@link SocketEvents.onPong}. */
  ping(): void;
  close(code: number): void;
  /** Ends at once, without the closing handshake. */
  terminate(): void;
}

export interface SocketEvents {
  onOpen(): void;
  onText(text: string): void;
  onPong(): void;
  /** Called exactly once, whatever happened. */
  onClosed(closed: Closed): void;
}

/** How a socket ended. `tls` and `http` mean that it never opened. */
export type Closed =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "tls"; readonly detail: string }
  | { readonly kind: "http"; readonly status: number }
  | { readonly kind: "network"; readonly detail: string };

export type SocketFactory = (endpoint: URL, events: SocketEvents) => Socket;
