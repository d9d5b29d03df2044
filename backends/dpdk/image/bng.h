/* A Broadband Network Gateway: what a frame means and what becomes of it, and the table that says so. No DPDK in here. */

#ifndef BNG_H
#define BNG_H

#include <stdint.h>
#include <stdio.h>

#define BNG_MAC 6
#define BNG_VLAN_BITS 12
#define BNG_NONE UINT32_MAX

/* The longest header that is put before a packet: Ethernet, IPv4, GRE, MPLS. */
#define BNG_HEADER (14 + 20 + 4 + 4)

/* A side of the gateway is a port of that number. */
enum bng_side { BNG_CUSTOMER, BNG_CORE, BNG_SIDES };

/* What became of a frame, and the name of its counter. */
#define BNG_VERDICTS(V) \
	V(TO_CORE, "to-core") \
	V(TO_CUSTOMER, "to-customer") \
	V(FOREIGN, "drop-foreign")       /* for another station, or no protocol of that side */ \
	V(MALFORMED, "drop-malformed")   /* a header that is cut off, wrong in itself, or a wrong checksum */ \
	V(FRAGMENT, "drop-fragment")     /* a fragment of an outer packet: nothing is reassembled */ \
	V(UNKNOWN, "drop-unknown")       /* no subscriber has these VLANs, or this label; or GRE from a stranger */ \
	V(SPOOFED, "drop-spoofed")       /* a subscriber's packet with another source address than its own */ \
	V(TTL, "drop-ttl")               /* its time to live ends here */ \
	V(NO_ROUTE, "drop-no-route")     /* no route to its destination, or not this subscriber's */ \
	V(TOO_BIG, "drop-too-big")       /* too long for the core with the outer headers */ \
	V(NO_ROOM, "drop-no-room")       /* a queue, or the port that it leaves by, was full */

#define BNG_ENUM(name, text) BNG_##name,
enum bng_verdict { BNG_VERDICTS(BNG_ENUM) BNG_VERDICT_COUNT };
#undef BNG_ENUM

extern const char *const bng_verdict_names[BNG_VERDICT_COUNT];

struct bng_subscriber {
	uint32_t vlans;   /* S-VLAN << 12 | C-VLAN */
	uint32_t label;
	uint32_t address; /* host byte order, as all addresses here */
	uint8_t mac[BNG_MAC];
};

struct bng_route {
	uint32_t prefix;
	uint32_t mask;
	uint32_t peer;    /* the other end of GRE */
	uint8_t mac[BNG_MAC];
};

/* Numbers by 32-bit key, open addressing; `mask` + 1 slots, at most half of them taken. */
struct bng_index {
	uint32_t mask;
	uint32_t *keys;
	uint32_t *values; /* BNG_NONE: the slot is free */
};

struct bng_table {
	uint32_t address;            /* the gateway's own in the core */
	uint32_t mtu;                /* of an IP packet in the core */
	uint8_t mac[BNG_SIDES][BNG_MAC]; /* of the ports; the caller sets them */
	uint32_t subscriber_count;
	struct bng_subscriber *subscribers;
	uint32_t route_count;
	struct bng_route *routes;    /* longest prefix first */
	struct bng_index by_vlans, by_label, by_address;
};

/* What to do with a frame of which BNG_TO_CORE or BNG_TO_CUSTOMER is the verdict: of its bytes those from `offset` on, of
 * which `length` are kept, go on behind the header. */
struct bng_change {
	uint32_t subscriber;
	uint32_t offset;
	uint32_t length;
	uint32_t header_length;
	uint8_t header[BNG_HEADER];
};

/* Reads the table. -1: it makes no sense, and `error` says in which line and why. */
int bng_table_read(struct bng_table *table, FILE *file, char *error, size_t size);
void bng_table_free(struct bng_table *table);

uint32_t bng_index_find(const struct bng_index *index, uint32_t key);

/* The subscriber that a frame seems to belong to, or BNG_NONE: for the choice of a worker, before anything is checked. */
uint32_t bng_owner(const struct bng_table *table, enum bng_side side, const uint8_t *frame, size_t length);

/* What becomes of a frame. Nothing in it is believed. If the packet goes on its time to live is counted down in place. */
enum bng_verdict bng_decide(const struct bng_table *table, enum bng_side side, uint8_t *frame, size_t length,
		struct bng_change *change);

#endif
