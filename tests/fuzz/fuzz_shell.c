/* Any keys at the line reader, any output at the pager. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shell/line.h"
#include "shell/pager.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct line line;
	struct pager pager = {0};
	struct text echo = {0};

	pager_start(&pager, size ? data[0] % 30 : 0, 80);
	for (size_t i = 0; i < size; i++) {
		enum line_event event = line_byte(&line, data[i], &echo);

		if (line.at > line.len || line.len > LINE_SIZE || line.text[line.len])
			abort();
		if (event == LINE_ENTER) {
			line_remember(&line);
			line_clear(&line);
		}
		if (event == LINE_TAB)
			line_complete(&line, "show running-config ", &echo);
		if (pager.asking)
			pager_key(&pager, data[i], &echo);
		else
			pager_text(&pager, (const char *)data, i, &echo);
	}
	line_free(&line);
	memset(&line, 0, sizeof(line));
	pager_free(&pager);
	text_free(&echo);
	return 0;
}
