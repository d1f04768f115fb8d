/* wire -- a network that fails by chance, in the place of ZeroMQ's sockets.
 *
 * The executable's own zmq_socket, zmq_send, zmq_msg_recv, zmq_poll and the like come before libzmq's; messages themselves
 * (zmq_msg_init and so on) stay libzmq's. What is kept of ZeroMQ over TCP:
 *
 *   a connection            brings what was sent, in order, after a delay; a full one takes no more
 *   cut                     of what was under way an end is lost, in each direction; the beginning still arrives
 *   connected again         a new connection, a new routing id, told by the monitor; what arrived on the old one is read
 *                           before it by a DEALER, and in any order with it by a ROUTER
 *   one end dies            what it was sent and had not read is lost
 *
 * More than TCP ever does: once a spool has begun, its batches and hellos are now and then lost in the middle, doubled or
 * swapped, since the link's numbers are there to bear that. Acks are not: that they come in order is what the link rests on.
 */
#ifndef CHANCE_WIRE_H
#define CHANCE_WIRE_H

#include "world.h"

#include <stddef.h>

void wire_turn(void);               /* after time has passed: connects what may connect */
void wire_sever(enum side side);    /* the side is dying: all that it holds is cut */
void wire_cut(enum side side, int64_t until_ns); /* its connections to others; none is made until then */
void wire_rough(int odds);          /* 0: never; else once in so many messages */
void wire_close_all(void);

#endif
