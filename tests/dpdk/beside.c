/* Gives frames of a file to the gateway's decisions, each in memory of its own length. Prints how many there were. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bng.h"

static const uint8_t macs[BNG_SIDES][BNG_MAC] = {{0x02, 0x70, 0x63, 0x61, 0x70, 0}, {0x02, 0x70, 0x63, 0x61, 0x70, 1}};

int
main(int count, char **words)
{
	struct bng_table table;
	char error[256];
	FILE *lines, *frames;
	uint8_t side;
	uint32_t length;
	unsigned int number = 0;

	if (count != 3 || (lines = fopen(words[1], "r")) == NULL || (frames = fopen(words[2], "rb")) == NULL)
		return 2;
	if (bng_table_read(&table, lines, error, sizeof(error)) < 0) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	fclose(lines);
	memcpy(table.mac, macs, sizeof(macs));
	while (fread(&side, 1, 1, frames) == 1 && fread(&length, sizeof(length), 1, frames) == 1) {
		uint8_t *frame = malloc(length);
		struct bng_change change;
		enum bng_verdict verdict;

		if (frame == NULL || fread(frame, 1, length, frames) != length)
			return 2;
		bng_owner(&table, side, frame, length);
		verdict = bng_decide(&table, side, frame, length, &change);
		if (verdict <= BNG_TO_CUSTOMER && (change.offset > length || change.length > length - change.offset))
			return 3;
		free(frame);
		number++;
	}
	fclose(frames);
	bng_table_free(&table);
	printf("%u\n", number);
	return 0;
}
