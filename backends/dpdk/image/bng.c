/* A Broadband Network Gateway on DPDK: two ports, one core that moves frames, any number of workers that decide.
 *
 *   dpdk-bng [EAL options] -- --table FILE [--stats FILE] [--mbufs N] [--count N]
 *
 * Port 0 is the customers', port 1 the core's. The main core receives and sends; each frame goes to the worker of its
 * subscriber, so that a subscriber's packets stay in order and the workers share nothing. Without other cores the main one
 * decides too. The table is read once; nothing is learned from the network: no ARP, no routing protocol.
 */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "bng.h"

#define BURST 32
#define QUEUE 1024
#define CACHE 128
#define LEAST_MBUFS 1024U
#define MOST_MBUFS (1U << 20)

struct flow {
	uint64_t packets;
	uint64_t bytes;
};

/* What one worker has counted. Others read it while it counts: a value is at most a moment old. */
struct counters {
	uint64_t verdicts[BNG_VERDICT_COUNT];
	struct flow (*flows)[BNG_SIDES]; /* by subscriber, and by the side that a packet went to */
} __rte_cache_aligned;

struct worker {
	struct rte_ring *given;
	struct rte_ring *done;
	struct counters counters;
} __rte_cache_aligned;

static struct bng_table table;
static struct worker workers[RTE_MAX_LCORE];
static unsigned int worker_count;
static uint64_t received[BNG_SIDES], sent[BNG_SIDES], not_sent;
static volatile bool must_end;
static volatile bool workers_end;

static void
end(int number)
{
	(void)number;
	must_end = true;
}

/* Decides about a frame and makes it what leaves. False: it is to be dropped. `port` becomes that which it leaves by. */
static bool
handle(struct counters *counters, struct rte_mbuf *frame)
{
	struct bng_change change;
	enum bng_verdict verdict;
	char *header;

	if (frame->port >= BNG_SIDES || rte_pktmbuf_linearize(frame) < 0) {
		counters->verdicts[BNG_TOO_BIG]++;
		return false;
	}
	verdict = bng_decide(&table, frame->port, rte_pktmbuf_mtod(frame, uint8_t *), rte_pktmbuf_data_len(frame), &change);
	if (verdict <= BNG_TO_CUSTOMER) {
		rte_pktmbuf_adj(frame, (uint16_t)change.offset);
		rte_pktmbuf_trim(frame, (uint16_t)(rte_pktmbuf_data_len(frame) - change.length));
		header = rte_pktmbuf_prepend(frame, (uint16_t)change.header_length);
		if (header == NULL) {
			verdict = BNG_TOO_BIG;
		} else {
			struct flow *flow = &counters->flows[change.subscriber][verdict == BNG_TO_CORE ? BNG_CORE : BNG_CUSTOMER];

			memcpy(header, change.header, change.header_length);
			frame->port = verdict == BNG_TO_CORE ? BNG_CORE : BNG_CUSTOMER;
			frame->ol_flags = 0;
			flow->packets++;
			flow->bytes += change.length;
		}
	}
	counters->verdicts[verdict]++;
	return verdict <= BNG_TO_CUSTOMER;
}

/* Handles a burst; gives how many are left, at the array's beginning. */
static unsigned int
handle_all(struct counters *counters, struct rte_mbuf **frames, unsigned int count)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (handle(counters, frames[i]))
			frames[kept++] = frames[i];
		else
			rte_pktmbuf_free(frames[i]);
	}
	return kept;
}

static int
work(void *given)
{
	struct worker *worker = given;
	struct rte_mbuf *frames[BURST];

	while (!workers_end) {
		unsigned int count = rte_ring_dequeue_burst(worker->given, (void **)frames, BURST, NULL), kept, put;

		kept = handle_all(&worker->counters, frames, count);
		put = rte_ring_enqueue_burst(worker->done, (void **)frames, kept, NULL);
		worker->counters.verdicts[BNG_NO_ROOM] += kept - put;
		rte_pktmbuf_free_bulk(frames + put, kept - put);
	}
	return 0;
}

static void
send_all(struct rte_mbuf **frames, unsigned int count)
{
	for (uint16_t port = 0; port < BNG_SIDES; port++) {
		struct rte_mbuf *leaving[BURST];
		uint16_t number = 0, done;

		for (unsigned int i = 0; i < count; i++)
			if (frames[i]->port == port)
				leaving[number++] = frames[i];
		done = number == 0 ? 0 : rte_eth_tx_burst(port, 0, leaving, number);
		sent[port] += done;
		not_sent += number - done;
		rte_pktmbuf_free_bulk(leaving + done, number - done);
	}
}

static void
receive_from(uint16_t port)
{
	struct rte_mbuf *frames[BURST];
	uint16_t count = rte_eth_rx_burst(port, 0, frames, BURST);

	received[port] += count;
	for (uint16_t i = 0; i < count; i++)
		frames[i]->port = port;
	if (worker_count == 0) {
		send_all(frames, handle_all(&workers[0].counters, frames, count));
		return;
	}
	for (uint16_t i = 0; i < count; i++) {
		uint32_t owner = bng_owner(&table, port, rte_pktmbuf_mtod(frames[i], uint8_t *), rte_pktmbuf_data_len(frames[i]));
		struct worker *worker = &workers[owner == BNG_NONE ? 0 : owner % worker_count];

		if (rte_ring_enqueue(worker->given, frames[i]) < 0) {
			not_sent++;
			rte_pktmbuf_free(frames[i]);
		}
	}
}

static uint64_t
counted(enum bng_verdict verdict)
{
	uint64_t total = verdict == BNG_NO_ROOM ? not_sent : 0;

	for (unsigned int i = 0; i < RTE_MAX(worker_count, 1U); i++)
		total += workers[i].counters.verdicts[verdict];
	return total;
}

/* Each frame that was received has left, or has been dropped and counted. */
static bool
all_done(void)
{
	uint64_t done = sent[BNG_CUSTOMER] + sent[BNG_CORE] + not_sent;

	for (int verdict = BNG_TO_CUSTOMER + 1; verdict < BNG_VERDICT_COUNT; verdict++)
		for (unsigned int i = 0; i < RTE_MAX(worker_count, 1U); i++)
			done += workers[i].counters.verdicts[verdict];
	return done == received[BNG_CUSTOMER] + received[BNG_CORE];
}

static void
print_counters(FILE *file)
{
	fprintf(file, "received-customer %" PRIu64 "\nreceived-core %" PRIu64 "\n", received[BNG_CUSTOMER], received[BNG_CORE]);
	fprintf(file, "sent-customer %" PRIu64 "\nsent-core %" PRIu64 "\n", sent[BNG_CUSTOMER], sent[BNG_CORE]);
	for (int verdict = 0; verdict < BNG_VERDICT_COUNT; verdict++)
		fprintf(file, "%s %" PRIu64 "\n", bng_verdict_names[verdict], counted(verdict));
	for (unsigned int i = 0; i < worker_count; i++) {
		uint64_t total = 0;

		for (int verdict = 0; verdict < BNG_VERDICT_COUNT; verdict++)
			total += workers[i].counters.verdicts[verdict];
		fprintf(file, "worker %u %" PRIu64 "\n", i, total);
	}
	/* subscriber S-VLAN C-VLAN: packets and bytes to the core, packets and bytes to the customer */
	for (uint32_t one = 0; one < table.subscriber_count; one++) {
		struct flow up = {0, 0}, down = {0, 0};

		for (unsigned int i = 0; i < RTE_MAX(worker_count, 1U); i++) {
			up.packets += workers[i].counters.flows[one][BNG_CORE].packets;
			up.bytes += workers[i].counters.flows[one][BNG_CORE].bytes;
			down.packets += workers[i].counters.flows[one][BNG_CUSTOMER].packets;
			down.bytes += workers[i].counters.flows[one][BNG_CUSTOMER].bytes;
		}
		fprintf(file, "subscriber %u %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			table.subscribers[one].vlans >> BNG_VLAN_BITS, table.subscribers[one].vlans & 0xfff,
			up.packets, up.bytes, down.packets, down.bytes);
	}
}

/* Writes the counters beside `path` and moves them there: who reads it finds all of them. */
static void
write_counters(const char *path)
{
	char beside[4096];
	FILE *file;

	if (path == NULL || snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		return;
	file = fopen(beside, "w");
	if (file == NULL)
		return;
	print_counters(file);
	if (fclose(file) == 0)
		rename(beside, path);
}

static void
forward(const char *stats, uint64_t most)
{
	uint64_t next = 0, second = rte_get_timer_hz();

	while (!must_end) {
		for (uint16_t port = 0; port < BNG_SIDES; port++)
			receive_from(port);
		for (unsigned int i = 0; i < worker_count; i++) {
			struct rte_mbuf *frames[BURST];

			send_all(frames, rte_ring_dequeue_burst(workers[i].done, (void **)frames, BURST, NULL));
		}
		if (most > 0 && received[BNG_CUSTOMER] + received[BNG_CORE] >= most && all_done())
			break;
		if (rte_get_timer_cycles() >= next) {
			write_counters(stats);
			next = rte_get_timer_cycles() + second;
		}
	}
}

static void
start_port(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf configuration = {0};
	struct rte_ether_addr mac;
	uint16_t rx = QUEUE, tx = QUEUE;
	int socket = rte_eth_dev_socket_id(port), failed;

	failed = rte_eth_dev_configure(port, 1, 1, &configuration);
	if (failed == 0)
		failed = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx, &tx);
	if (failed == 0)
		failed = rte_eth_rx_queue_setup(port, 0, rx, (unsigned int)socket, NULL, pool);
	if (failed == 0)
		failed = rte_eth_tx_queue_setup(port, 0, tx, (unsigned int)socket, NULL);
	if (failed == 0)
		failed = rte_eth_dev_start(port);
	if (failed == 0)
		failed = rte_eth_macaddr_get(port, &mac);
	if (failed != 0)
		rte_exit(EXIT_FAILURE, "bng: port %u does not start: %s\n", port, rte_strerror(-failed));
	memcpy(table.mac[port], mac.addr_bytes, BNG_MAC);
}

static void
start_worker(unsigned int number)
{
	char name[32];

	workers[number].counters.flows = rte_zmalloc("bng-flows",
		RTE_MAX(table.subscriber_count, 1U) * sizeof(*workers[number].counters.flows), RTE_CACHE_LINE_SIZE);
	snprintf(name, sizeof(name), "bng-given-%u", number);
	workers[number].given = rte_ring_create(name, QUEUE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "bng-done-%u", number);
	workers[number].done = rte_ring_create(name, QUEUE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (workers[number].counters.flows == NULL || workers[number].given == NULL || workers[number].done == NULL)
		rte_exit(EXIT_FAILURE, "bng: out of memory for a worker\n");
}

static void
read_table(const char *path)
{
	char error[256];
	FILE *file = fopen(path, "r");

	if (file == NULL)
		rte_exit(EXIT_FAILURE, "bng: %s: %s\n", path, strerror(errno));
	if (bng_table_read(&table, file, error, sizeof(error)) < 0)
		rte_exit(EXIT_FAILURE, "bng: %s: %s\n", path, error);
	fclose(file);
}

static uint64_t
argument(const char *name, const char *word, uint64_t least, uint64_t most)
{
	char *rest;
	unsigned long long value;

	errno = 0;
	value = strtoull(word, &rest, 10);
	if (word[0] < '0' || word[0] > '9' || *rest != '\0' || errno != 0 || value < least || value > most)
		rte_exit(EXIT_FAILURE, "bng: --%s is a number from %" PRIu64 " to %" PRIu64 "\n", name, least, most);
	return value;
}

int
main(int count, char **words)
{
	static const struct option options[] = {
		{"table", required_argument, NULL, 't'},
		{"stats", required_argument, NULL, 's'},
		{"mbufs", required_argument, NULL, 'm'},
		{"count", required_argument, NULL, 'c'},
		{NULL, 0, NULL, 0},
	};
	const char *path = NULL, *stats = NULL;
	uint64_t mbufs = 8192, most = 0;
	struct rte_mempool *pool;
	unsigned int core, number = 0;
	int used = rte_eal_init(count, words), option;

	if (used < 0)
		rte_exit(EXIT_FAILURE, "bng: EAL does not start: %s\n", rte_strerror(rte_errno));
	while ((option = getopt_long(count - used, words + used, "", options, NULL)) != -1) {
		switch (option) {
		case 't': path = optarg; break;
		case 's': stats = optarg; break;
		case 'm': mbufs = argument("mbufs", optarg, LEAST_MBUFS, MOST_MBUFS); break;
		case 'c': most = argument("count", optarg, 1, UINT64_MAX); break;
		default: rte_exit(EXIT_FAILURE, "usage: dpdk-bng [EAL options] -- --table FILE [--stats FILE] [--mbufs N] [--count N]\n");
		}
	}
	if (path == NULL || optind < count - used)
		rte_exit(EXIT_FAILURE, "bng: --table FILE is missing, or a word is too many\n");
	read_table(path);
	if (rte_eth_dev_count_avail() != BNG_SIDES)
		rte_exit(EXIT_FAILURE, "bng: needs 2 ports, the customers' and the core's; there are %u\n", rte_eth_dev_count_avail());
	pool = rte_pktmbuf_pool_create("bng", (unsigned int)mbufs, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "bng: no memory for %" PRIu64 " packets: %s\n", mbufs, rte_strerror(rte_errno));
	for (uint16_t port = 0; port < BNG_SIDES; port++)
		start_port(port, pool);
	signal(SIGINT, end);
	signal(SIGTERM, end);
	start_worker(0);
	RTE_LCORE_FOREACH_WORKER(core) {
		if (number > 0)
			start_worker(number);
		number++;
	}
	worker_count = number;
	number = 0;
	RTE_LCORE_FOREACH_WORKER(core)
		rte_eal_remote_launch(work, &workers[number++], core);
	printf("bng: %u subscribers, %u routes, %u workers, ready\n", table.subscriber_count, table.route_count, worker_count);
	fflush(stdout);
	forward(stats, most);
	workers_end = true;
	rte_eal_mp_wait_lcore();
	write_counters(stats);
	print_counters(stdout);
	for (uint16_t port = 0; port < BNG_SIDES; port++) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	rte_eal_cleanup();
	bng_table_free(&table);
	return 0;
}
