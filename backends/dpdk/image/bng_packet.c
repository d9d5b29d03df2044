/* Frames of a Broadband Network Gateway.
 *
 * Customers: Ethernet, a service tag and a customer tag (IEEE 802.1ad), IPv4.
 * Core: Ethernet, IPv4, GRE (RFC 2784), one MPLS label (RFC 3032, RFC 4023), IPv4.
 * The label stands for the subscriber, in both directions.
 */

#include <stdbool.h>
#include <string.h>

#include "bng.h"

#define NAME(name, text) text,
const char *const bng_verdict_names[BNG_VERDICT_COUNT] = {BNG_VERDICTS(NAME)};
#undef NAME

enum {
	ETHERNET = 14, TAG = 4, IP = 20, GRE = 4, MPLS = 4,
	TYPE_IP = 0x0800, TYPE_VLAN = 0x8100, TYPE_SERVICE = 0x88a8, TYPE_MPLS = 0x8847,
	PROTOCOL_GRE = 47, BEGIN_TTL = 64, DO_NOT_FRAGMENT = 0x4000,
};

static uint32_t
get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t
get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}

static uint8_t *
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *
put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value & 0xffff);
}

static uint8_t *
put_stations(uint8_t *at, const uint8_t to[BNG_MAC], const uint8_t from[BNG_MAC])
{
	memcpy(at, to, BNG_MAC);
	memcpy(at + BNG_MAC, from, BNG_MAC);
	return at + 2 * BNG_MAC;
}

/* The Internet checksum (RFC 1071) of an even number of bytes; 0 of a header whose checksum is right. */
static uint32_t
checksum(const uint8_t *at, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i += 2)
		sum += get16(at + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* An IPv4 header in `length` bytes (RFC 1812, 5.2.2): version, both lengths, checksum. */
static bool
is_ip(const uint8_t *packet, size_t length)
{
	uint32_t header, total;

	if (length < IP || packet[0] >> 4 != 4)
		return false;
	header = (packet[0] & 15U) * 4;
	total = get16(packet + 2);
	return header >= IP && total >= header && total <= length && checksum(packet, header) == 0;
}

/* One hop less to live; the checksum goes with it (RFC 1624, equation 3). */
static void
count_down(uint8_t *packet)
{
	uint32_t old = get16(packet + 8), sum;

	packet[8]--;
	sum = (~get16(packet + 10) & 0xffff) + (~old & 0xffff) + get16(packet + 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(packet + 10, ~sum & 0xffff);
}

/* Addresses that no router forwards to: this network, loopback, multicast and beyond (RFC 1812, 5.3.7). */
static bool
is_martian(uint32_t address)
{
	return address >> 24 == 0 || address >> 24 == 127 || address >= 0xe0000000U;
}

/* Af_packet gives a service tag as a customer's: the kernel takes the first tag off, and DPDK puts 0x8100 in its place. */
static bool
is_outer_tag(uint32_t type)
{
	return type == TYPE_SERVICE || type == TYPE_VLAN;
}

static uint32_t
vlans(const uint8_t *frame)
{
	return (get16(frame + 14) & 0xfff) << BNG_VLAN_BITS | (get16(frame + 18) & 0xfff);
}

uint32_t
bng_owner(const struct bng_table *table, enum bng_side side, const uint8_t *frame, size_t length)
{
	size_t at;

	if (side == BNG_CUSTOMER)
		return length < ETHERNET + 2 * TAG ? BNG_NONE : bng_index_find(&table->by_vlans, vlans(frame));
	if (length < ETHERNET + IP)
		return BNG_NONE;
	at = ETHERNET + (frame[ETHERNET] & 15U) * 4 + GRE;
	return length < at + MPLS ? BNG_NONE : bng_index_find(&table->by_label, get32(frame + at) >> 12);
}

static enum bng_verdict
to_customer(const struct bng_table *table, uint32_t subscriber, struct bng_change *change)
{
	const struct bng_subscriber *one = &table->subscribers[subscriber];
	uint8_t *at = put_stations(change->header, one->mac, table->mac[BNG_CUSTOMER]);

	at = put16(put16(at, TYPE_SERVICE), one->vlans >> BNG_VLAN_BITS);
	at = put16(put16(at, TYPE_VLAN), one->vlans & 0xfff);
	put16(at, TYPE_IP);
	change->subscriber = subscriber;
	change->header_length = ETHERNET + 2 * TAG;
	return BNG_TO_CUSTOMER;
}

static enum bng_verdict
to_core(const struct bng_table *table, uint32_t subscriber, const struct bng_route *route, struct bng_change *change)
{
	uint8_t *outer = put_stations(change->header, route->mac, table->mac[BNG_CORE]), *at;
	uint32_t total = IP + GRE + MPLS + change->length;

	if (total > table->mtu)
		return BNG_TOO_BIG;
	outer = put16(outer, TYPE_IP);
	at = put16(put16(outer, 0x4500), total);
	at = put16(put16(at, 0), DO_NOT_FRAGMENT); /* RFC 6864, 4.1: of what is never fragmented the identification may be 0 */
	at = put16(put16(at, BEGIN_TTL << 8 | PROTOCOL_GRE), 0);
	at = put32(put32(at, table->address), route->peer);
	put16(outer + 10, checksum(outer, IP));
	at = put16(put16(at, 0), TYPE_MPLS);
	put32(at, table->subscribers[subscriber].label << 12 | 1U << 8 | BEGIN_TTL); /* the only label of its stack */
	change->subscriber = subscriber;
	change->header_length = ETHERNET + IP + GRE + MPLS;
	return BNG_TO_CORE;
}

static const struct bng_route *
route_to(const struct bng_table *table, uint32_t address)
{
	for (uint32_t i = 0; i < table->route_count; i++)
		if ((address & table->routes[i].mask) == table->routes[i].prefix)
			return &table->routes[i];
	return NULL;
}

static bool
is_peer(const struct bng_table *table, uint32_t address)
{
	for (uint32_t i = 0; i < table->route_count; i++)
		if (table->routes[i].peer == address)
			return true;
	return false;
}

static enum bng_verdict
from_customer(const struct bng_table *table, uint8_t *frame, size_t length, struct bng_change *change)
{
	uint8_t *packet = frame + ETHERNET + 2 * TAG;
	uint32_t subscriber, other, destination;
	const struct bng_route *route;
	enum bng_verdict verdict;

	if (!is_outer_tag(get16(frame + 12)))
		return BNG_FOREIGN;
	if (length < ETHERNET + 2 * TAG)
		return BNG_MALFORMED;
	if (get16(frame + 16) != TYPE_VLAN || get16(frame + 20) != TYPE_IP)
		return BNG_FOREIGN;
	subscriber = bng_index_find(&table->by_vlans, vlans(frame));
	if (subscriber == BNG_NONE)
		return BNG_UNKNOWN;
	if (!is_ip(packet, length - (ETHERNET + 2 * TAG)))
		return BNG_MALFORMED;
	if (get32(packet + 12) != table->subscribers[subscriber].address)
		return BNG_SPOOFED;
	destination = get32(packet + 16);
	if (is_martian(destination))
		return BNG_NO_ROUTE;
	other = bng_index_find(&table->by_address, destination);
	route = other == BNG_NONE ? route_to(table, destination) : NULL;
	if (other == subscriber || (other == BNG_NONE && route == NULL))
		return BNG_NO_ROUTE;
	if (packet[8] <= 1)
		return BNG_TTL;
	change->offset = ETHERNET + 2 * TAG;
	change->length = get16(packet + 2);
	verdict = route == NULL ? to_customer(table, other, change) : to_core(table, subscriber, route, change);
	if (verdict <= BNG_TO_CUSTOMER)
		count_down(packet);
	return verdict;
}

static enum bng_verdict
from_core(const struct bng_table *table, uint8_t *frame, size_t length, struct bng_change *change)
{
	uint8_t *outer = frame + ETHERNET, *packet;
	uint32_t header, rest, stack, subscriber;

	if (get16(frame + 12) != TYPE_IP)
		return BNG_FOREIGN;
	if (!is_ip(outer, length - ETHERNET))
		return BNG_MALFORMED;
	if (get32(outer + 16) != table->address || outer[9] != PROTOCOL_GRE)
		return BNG_FOREIGN;
	if (get16(outer + 6) & 0x3fff)
		return BNG_FRAGMENT;
	if (!is_peer(table, get32(outer + 12)))
		return BNG_UNKNOWN;
	header = (outer[0] & 15U) * 4;
	rest = get16(outer + 2) - header;
	if (rest < GRE)
		return BNG_MALFORMED;
	if (get16(outer + header) != 0 || get16(outer + header + 2) != TYPE_MPLS)
		return BNG_FOREIGN; /* RFC 2784: version 0; with checksum, key or number it is not what a peer here sends */
	if (rest < GRE + MPLS)
		return BNG_MALFORMED;
	stack = get32(outer + header + GRE);
	if ((stack >> 8 & 1) == 0)
		return BNG_FOREIGN;
	subscriber = bng_index_find(&table->by_label, stack >> 12);
	if (subscriber == BNG_NONE)
		return BNG_UNKNOWN;
	packet = outer + header + GRE + MPLS;
	rest -= GRE + MPLS;
	if (!is_ip(packet, rest))
		return BNG_MALFORMED;
	if (get32(packet + 16) != table->subscribers[subscriber].address)
		return BNG_NO_ROUTE;
	if (packet[8] <= 1 || (stack & 0xff) == 0)
		return BNG_TTL;
	change->offset = ETHERNET + header + GRE + MPLS;
	change->length = get16(packet + 2);
	count_down(packet);
	return to_customer(table, subscriber, change);
}

enum bng_verdict
bng_decide(const struct bng_table *table, enum bng_side side, uint8_t *frame, size_t length, struct bng_change *change)
{
	if (length < ETHERNET)
		return BNG_MALFORMED;
	if (memcmp(frame, table->mac[side], BNG_MAC) != 0)
		return BNG_FOREIGN;
	return side == BNG_CUSTOMER ? from_customer(table, frame, length, change) : from_core(table, frame, length, change);
}
