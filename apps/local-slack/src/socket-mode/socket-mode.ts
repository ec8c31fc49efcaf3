import type { Server } from 'node:http';
import type { Gate } from '../gate.js';
import { requestOf } from '../http.js';
import type { Links } from './links.js';
import { SocketDelivery } from './socket-delivery.js';
import { Sockets } from './sockets.js';

/** Everything that stands beside the Web API when the app has Socket Mode on. */
export interface SocketMode {
  readonly sockets: Sockets;
  readonly delivery: SocketDelivery;
  close(): void;
}

/** Has this server take the app's sockets at the addresses that `links` issues. */
export function openSocketMode(server: Server, gate: Gate, links: Links, appId: string): SocketMode {
  const sockets = new Sockets(links, appId);
  const delivery = new SocketDelivery(sockets);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    sockets.upgrade(request, socket, head, gate.fromHere(requestOf(request)));
  });
  return {
    sockets,
    delivery,
    close: () => {
      delivery.close();
      sockets.close();
    },
  };
}
