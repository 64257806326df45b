/*
 * Whatever is typed: the bytes are lines of a session that begins in configuration mode; help, completion and the writer
 * are asked after each. Dictionary: golden_cli --dictionary.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "eth1") == 0;
}

static void type(struct cli_session *s, const char *line)
{
	struct text out = {0};
	char prompt[CLI_PROMPT_MAX];

	cli_help(s, line, &out);
	cli_complete(s, line, &out);
	if (cli_line(s, line, &out) == CLI_ACTION && cli_action(s)->pipe != CLI_PIPE_NONE) {
		bool failed;
		struct cli_filter *f = cli_filter_new(cli_action(s), &failed);

		if (f) {
			cli_filter_text(f, line, strlen(line), &out);
			cli_filter_end(f, &out);
		}
	}
	cli_prompt(s, prompt);
	text_free(&out);
}

/* What was taken must be written so that it is taken again. */
static void write_and_load(const struct model *m, const struct cli_ops *ops)
{
	struct text running = {0}, errors = {0};
	struct model *again = model_new();
	struct cli_writer w;

	cli_writer_begin(&w, m, NULL);
	while (cli_writer_next(&w, &running, 256))
		;
	if (again && cli_load(again, ops, "written", text_str(&running), running.len, &errors) > 0)
		abort();
	model_free(again);
	text_free(&running);
	text_free(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cli_ops ops = {.device_exists = device_exists};
	struct model *m = model_new();
	struct cli_session *s = m ? cli_session_new(m, &ops, 15, NULL) : NULL;
	char *text = malloc(size + 1), *next;
	struct text out = {0};

	if (!s || !text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	cli_line(s, "configure terminal", &out);
	for (char *line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		type(s, line);
	}
	write_and_load(m, &ops);
	cli_session_free(s);
	model_free(m);
	text_free(&out);
	free(text);
	return 0;
}
