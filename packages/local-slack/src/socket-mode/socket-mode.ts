import type { Server } from 'node:http';
import type { Gate } from '../gate.js';
import type { Links } from './links.js';
import { SocketDelivery } from './socket-delivery.js';
import { Sockets } from './sockets.js';

/** What stands beside the Web API when the app has Socket Mode on. */
export class SocketMode {
  readonly sockets: Sockets;
  readonly delivery: SocketDelivery;

  constructor(links: Links, appId: string) {
    this.sockets = new Sockets(links, appId);
    this.delivery = new SocketDelivery(this.sockets);
  }

  /** Has this server take the app's connections; the gate's rule for `Host` and `Origin` holds for them too. */
  attach(server: Server, gate: Gate): void {
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      this.sockets.upgrade(request, socket, head, gate.fromHere(request));
    });
  }

  close(): void {
    this.delivery.close();
    this.sockets.close();
  }
}
