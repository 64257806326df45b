/* The lines of a file, with their numbers: see lines.h. */
#include "cli/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"

struct numbered {
	unsigned number;
	char *opener; /* innermost opening line; NULL: global */
	char *line;
};

struct cli_lines {
	struct vec lines; /* struct numbered, as they came */
};

struct cli_lines *cli_lines_new(void)
{
	return calloc(1, sizeof(struct cli_lines));
}

static void numbered_free(struct numbered *n)
{
	if (n) {
		free(n->opener);
		free(n->line);
	}
	free(n);
}

void cli_lines_free(struct cli_lines *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->lines.count; i++)
		numbered_free(l->lines.items[i]);
	vec_free(&l->lines);
	free(l);
}

void cli_lines_add(
	struct cli_lines *l, unsigned number, const char *const context[], size_t depth, const char *line)
{
	struct numbered *n = calloc(1, sizeof(*n));

	if (!n)
		return;
	n->number = number;
	n->opener = depth ? str_dup(context[depth - 1]) : NULL;
	n->line = str_dup(line);
	if (!n->line || (depth && !n->opener) || !vec_push(&l->lines, n))
		numbered_free(n);
}

static bool begins(const char *line, const char *words)
{
	size_t len = strlen(words);

	return strncmp(line, words, len) == 0 && (line[len] == ' ' || line[len] == '\0');
}

static bool has(const char *line, const char *phrase)
{
	for (const char *at = line; (at = strstr(at, phrase)) != NULL; at++)
		if ((at == line || at[-1] == ' ') && begins(at, phrase))
			return true;
	return false;
}

unsigned cli_lines_find(const struct cli_lines *l, const char *within, const char *start, const char *phrase)
{
	for (size_t i = l->lines.count; i-- > 0;) {
		const struct numbered *n = l->lines.items[i];

		if (within ? !n->opener || !begins(n->opener, within) : n->opener != NULL)
			continue;
		if ((!start || begins(n->line, start)) && has(n->line, phrase))
			return n->number;
	}
	return 0;
}
