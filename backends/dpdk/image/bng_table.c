/* The table of a Broadband Network Gateway, from a file of lines. Words after # are a comment.
 *
 *   address ADDRESS                      the gateway's own in the core
 *   mtu BYTES                            of an IP packet in the core (1500)
 *   route PREFIX via ADDRESS mac MAC     the other end of GRE, and the station that frames to it are sent to
 *   subscriber s-vlan N c-vlan N address ADDRESS mac MAC label N
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bng.h"

#define MOST_WORDS 12
#define MOST_SUBSCRIBERS (1U << 20)
#define MOST_ROUTES 256
#define LOWEST_LABEL 16U /* RFC 3032, 2.1: those below have meanings of their own */
#define HIGHEST_LABEL 0xfffffU
#define HIGHEST_VLAN 4094U
#define LOWEST_MTU 576U
#define HIGHEST_MTU 9000U

struct reading {
	struct bng_table *table;
	unsigned int line;
	bool has_address;
	char *error;
	size_t size;
};

static int
fail(struct reading *reading, const char *form, ...)
{
	va_list arguments;
	int begun = snprintf(reading->error, reading->size, "line %u: ", reading->line);

	if (begun < 0 || (size_t)begun >= reading->size)
		return -1;
	va_start(arguments, form);
	vsnprintf(reading->error + begun, reading->size - (size_t)begun, form, arguments);
	va_end(arguments);
	return -1;
}

static int
number(struct reading *reading, const char *word, uint32_t least, uint32_t most, uint32_t *value)
{
	char *end;
	unsigned long found;

	errno = 0;
	found = strtoul(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end != '\0' || errno != 0 || found < least || found > most)
		return fail(reading, "'%.40s' is no number from %u to %u", word, least, most);
	*value = (uint32_t)found;
	return 0;
}

static int
address(struct reading *reading, const char *word, uint32_t *value)
{
	struct in_addr found;

	if (inet_pton(AF_INET, word, &found) != 1)
		return fail(reading, "'%.40s' is no IPv4 address", word);
	*value = ntohl(found.s_addr);
	return 0;
}

static int
station(struct reading *reading, const char *word, uint8_t mac[BNG_MAC])
{
	unsigned int bytes[BNG_MAC];
	int used = -1;

	if (strlen(word) != 17 || sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x%n", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
			&bytes[4], &bytes[5], &used) != BNG_MAC || used != 17)
		return fail(reading, "'%.40s' is no MAC address", word);
	if (bytes[0] & 1)
		return fail(reading, "%s is the address of a group of stations", word);
	for (int i = 0; i < BNG_MAC; i++)
		mac[i] = (uint8_t)bytes[i];
	return 0;
}

static int
prefix(struct reading *reading, char *word, struct bng_route *route)
{
	char *slash = strchr(word, '/');
	uint32_t length;

	if (slash == NULL)
		return fail(reading, "'%.40s' is no prefix: its length is missing", word);
	*slash = '\0';
	if (address(reading, word, &route->prefix) < 0 || number(reading, slash + 1, 0, 32, &length) < 0)
		return -1;
	route->mask = length == 0 ? 0 : UINT32_MAX << (32 - length);
	if (route->prefix & ~route->mask)
		return fail(reading, "%s/%u has bits beyond its length", word, length);
	return 0;
}

/* Grows an array to hold one element more: its size is a power of two. */
static void *
grown(void *array, uint32_t count, size_t each)
{
	void *larger;

	if (count & (count - 1))
		return array;
	larger = realloc(array, (count == 0 ? 1 : 2 * (size_t)count) * each);
	if (larger == NULL) {
		fputs("bng: out of memory\n", stderr);
		exit(1);
	}
	return larger;
}

static int
add_route(struct reading *reading, char **words, int count)
{
	struct bng_table *table = reading->table;
	struct bng_route route;
	uint32_t at;

	if (count != 6 || strcmp(words[2], "via") != 0 || strcmp(words[4], "mac") != 0)
		return fail(reading, "a route is: route PREFIX via ADDRESS mac MAC");
	if (table->route_count == MOST_ROUTES)
		return fail(reading, "there are more than %u routes", MOST_ROUTES);
	if (prefix(reading, words[1], &route) < 0 || address(reading, words[3], &route.peer) < 0 ||
			station(reading, words[5], route.mac) < 0)
		return -1;
	for (at = 0; at < table->route_count; at++)
		if (table->routes[at].prefix == route.prefix && table->routes[at].mask == route.mask)
			return fail(reading, "there are two routes to %s", words[1]);
	table->routes = grown(table->routes, table->route_count, sizeof(route));
	for (at = table->route_count++; at > 0 && table->routes[at - 1].mask < route.mask; at--)
		table->routes[at] = table->routes[at - 1];
	table->routes[at] = route;
	return 0;
}

static int
add_subscriber(struct reading *reading, char **words, int count)
{
	static const char *const keys[] = {"s-vlan", "c-vlan", "address", "mac", "label"};
	struct bng_table *table = reading->table;
	struct bng_subscriber one;
	uint32_t outer, inner;

	if (count != 11)
		return fail(reading, "a subscriber is: subscriber s-vlan N c-vlan N address ADDRESS mac MAC label N");
	for (int i = 0; i < 5; i++)
		if (strcmp(words[1 + 2 * i], keys[i]) != 0)
			return fail(reading, "'%.40s' is where %s has to be", words[1 + 2 * i], keys[i]);
	if (table->subscriber_count == MOST_SUBSCRIBERS)
		return fail(reading, "there are more than %u subscribers", MOST_SUBSCRIBERS);
	if (number(reading, words[2], 1, HIGHEST_VLAN, &outer) < 0 ||
			number(reading, words[4], 1, HIGHEST_VLAN, &inner) < 0 ||
			address(reading, words[6], &one.address) < 0 ||
			station(reading, words[8], one.mac) < 0 ||
			number(reading, words[10], LOWEST_LABEL, HIGHEST_LABEL, &one.label) < 0)
		return -1;
	one.vlans = outer << BNG_VLAN_BITS | inner;
	table->subscribers = grown(table->subscribers, table->subscriber_count, sizeof(one));
	table->subscribers[table->subscriber_count++] = one;
	return 0;
}

static int
read_line(struct reading *reading, char *line)
{
	char *words[MOST_WORDS + 1], *rest = NULL;
	int count = 0;

	line[strcspn(line, "#\n")] = '\0';
	for (char *word = strtok_r(line, " \t\r", &rest); word != NULL; word = strtok_r(NULL, " \t\r", &rest)) {
		words[count++] = word;
		if (count > MOST_WORDS)
			return fail(reading, "it has more than %d words", MOST_WORDS);
	}
	if (count == 0)
		return 0;
	if (strcmp(words[0], "subscriber") == 0)
		return add_subscriber(reading, words, count);
	if (strcmp(words[0], "route") == 0)
		return add_route(reading, words, count);
	if (count == 2 && strcmp(words[0], "mtu") == 0)
		return number(reading, words[1], LOWEST_MTU, HIGHEST_MTU, &reading->table->mtu);
	if (count == 2 && strcmp(words[0], "address") == 0 && !reading->has_address) {
		reading->has_address = true;
		return address(reading, words[1], &reading->table->address);
	}
	return fail(reading, "'%.40s' and what is behind it make no sense here", words[0]);
}

/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4). */
static uint32_t
slot(const struct bng_index *index, uint32_t key)
{
	return (key * 2654435769U >> 7) & index->mask;
}

uint32_t
bng_index_find(const struct bng_index *index, uint32_t key)
{
	for (uint32_t at = slot(index, key);; at = (at + 1) & index->mask)
		if (index->values[at] == BNG_NONE || index->keys[at] == key)
			return index->values[at];
}

static void
make_index(struct bng_index *index, uint32_t count)
{
	uint32_t slots = 2;

	while (slots < 2 * count)
		slots *= 2;
	index->mask = slots - 1;
	index->keys = calloc(slots, sizeof(*index->keys));
	index->values = malloc(slots * sizeof(*index->values));
	if (index->keys == NULL || index->values == NULL) {
		fputs("bng: out of memory\n", stderr);
		exit(1);
	}
	memset(index->values, 0xff, slots * sizeof(*index->values));
}

/* -1: the key is there already. */
static int
add_key(struct bng_index *index, uint32_t key, uint32_t value)
{
	uint32_t at = slot(index, key);

	for (; index->values[at] != BNG_NONE; at = (at + 1) & index->mask)
		if (index->keys[at] == key)
			return -1;
	index->keys[at] = key;
	index->values[at] = value;
	return 0;
}

static int
make_indexes(struct bng_table *table, char *error, size_t size)
{
	make_index(&table->by_vlans, table->subscriber_count);
	make_index(&table->by_label, table->subscriber_count);
	make_index(&table->by_address, table->subscriber_count);
	for (uint32_t i = 0; i < table->subscriber_count; i++) {
		const struct bng_subscriber *one = &table->subscribers[i];
		const char *twice = add_key(&table->by_vlans, one->vlans, i) < 0 ? "VLANs" :
			add_key(&table->by_label, one->label, i) < 0 ? "label" :
			add_key(&table->by_address, one->address, i) < 0 ? "address" : NULL;

		if (twice != NULL) {
			snprintf(error, size, "subscriber %u of the file has another one's %s", i + 1, twice);
			return -1;
		}
	}
	return 0;
}

int
bng_table_read(struct bng_table *table, FILE *file, char *error, size_t size)
{
	struct reading reading = {.table = table, .error = error, .size = size};
	char *line = NULL;
	size_t room = 0;
	int failed = 0;

	memset(table, 0, sizeof(*table));
	table->mtu = 1500;
	while (failed == 0 && getline(&line, &room, file) >= 0) {
		reading.line++;
		failed = read_line(&reading, line);
	}
	free(line);
	if (failed == 0 && !reading.has_address)
		failed = fail(&reading, "the file ends, and has no line 'address ADDRESS'");
	return failed < 0 ? -1 : make_indexes(table, error, size);
}

void
bng_table_free(struct bng_table *table)
{
	struct bng_index *indexes[] = {&table->by_vlans, &table->by_label, &table->by_address};

	free(table->subscribers);
	free(table->routes);
	for (size_t i = 0; i < sizeof(indexes) / sizeof(*indexes); i++) {
		free(indexes[i]->keys);
		free(indexes[i]->values);
	}
	memset(table, 0, sizeof(*table));
}
