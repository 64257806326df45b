/* `| include`, `exclude`, `begin`, `section`, `count`. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"

enum { COMPILED_MAX = CLI_PATTERN_MAX * 8 };

struct cli_filter {
	enum cli_pipe_kind kind;
	regex_t pattern;
	struct text line;
	bool passing; /* begin: found; section: inside one */
	size_t section_indent;
	unsigned count;
};

/* IOS's "_" matches a delimiter, or either end. */
static void translate(const char *pattern, char out[COMPILED_MAX])
{
	static const char delimiter[] = "(^|$|[ ,{}()])";
	size_t n = 0;

	for (; *pattern && n + sizeof(delimiter) + 1 < COMPILED_MAX; pattern++) {
		if (*pattern == '\\' && pattern[1]) {
			out[n++] = *pattern++;
			out[n++] = *pattern;
		} else if (*pattern == '_') {
			memcpy(out + n, delimiter, sizeof(delimiter) - 1);
			n += sizeof(delimiter) - 1;
		} else {
			out[n++] = *pattern;
		}
	}
	out[n] = '\0';
}

static bool compile(regex_t *r, const char *pattern)
{
	char translated[COMPILED_MAX];

	translate(pattern, translated);
	return regcomp(r, translated, REG_EXTENDED | REG_NOSUB) == 0;
}

bool cli_pattern_valid(const char *pattern)
{
	regex_t r;

	if (!compile(&r, pattern))
		return false;
	regfree(&r);
	return true;
}

struct cli_filter *cli_filter_new(const struct cli_action *a, bool *failed)
{
	struct cli_filter *f;

	*failed = false;
	if (a->pipe == CLI_PIPE_NONE)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f || !compile(&f->pattern, a->pattern)) {
		free(f);
		*failed = true;
		return NULL;
	}
	f->kind = a->pipe;
	return f;
}

static bool passes(struct cli_filter *f, const char *line)
{
	bool matches = regexec(&f->pattern, line, 0, NULL, 0) == 0;
	size_t indent = strspn(line, " \t");

	switch (f->kind) {
	case CLI_PIPE_INCLUDE: return matches;
	case CLI_PIPE_EXCLUDE: return !matches;
	case CLI_PIPE_BEGIN: return f->passing = f->passing || matches;
	case CLI_PIPE_COUNT: f->count += matches; return false;
	case CLI_PIPE_SECTION:
		/* A line that matches and what is indented below it. */
		if (f->passing && line[0] && indent > f->section_indent)
			return true;
		f->passing = matches;
		f->section_indent = indent;
		return matches;
	case CLI_PIPE_NONE: break;
	}
	return true;
}

static void take_line(struct cli_filter *f, struct text *out)
{
	const char *line = text_str(&f->line);

	if (passes(f, line)) {
		text_add(out, line);
		text_add(out, "\n");
	}
	text_clear(&f->line);
}

void cli_filter_text(struct cli_filter *f, const char *s, size_t n, struct text *out)
{
	while (n > 0) {
		const char *end = memchr(s, '\n', n);
		size_t len = end ? (size_t)(end - s) : n;

		text_add_n(&f->line, s, len);
		if (!end)
			return;
		take_line(f, out);
		s += len + 1;
		n -= len + 1;
	}
}

void cli_filter_end(struct cli_filter *f, struct text *out)
{
	if (f->line.len > 0)
		take_line(f, out);
	if (f->kind == CLI_PIPE_COUNT)
		text_printf(out, "Number of lines which match regexp = %u\n", f->count);
	regfree(&f->pattern);
	text_free(&f->line);
	free(f);
}
