/* Any record of the journal: what decodes, encodes to the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *record = malloc(size + 1), *fields[JOURNAL_CONTEXT_MAX + 1];
	struct text again = {0};
	size_t count;

	memcpy(record, data, size);
	record[size] = 0;
	if (strlen(record) == size && !memchr(data, '\n', size) && journal_decode(record, fields, &count)) {
		journal_encode(&again, (const char *const *)fields, count - 1, fields[count - 1]);
		if (again.len != size + 1 || memcmp(again.s, data, size))
			abort();
	}
	text_free(&again);
	free(record);
	return 0;
}
