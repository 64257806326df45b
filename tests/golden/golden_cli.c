/*
 * Transcripts: the lines of NAME.in typed into a session, compared with NAME.out byte for byte.
 *
 *	golden_cli NAME.in NAME.out        compare
 *	golden_cli --write NAME.in NAME.out  write it anew (then read the difference)
 *
 *	golden_cli --reference FILE          compare the command reference with a file
 *	golden_cli --dictionary              print the fuzzer's dictionary
 *
 * A line that ends in "?" asks for help, one that ends in a tab is completed. "@load" loads the running configuration
 * into a second model and compares. "@privilege N" begins a new session. The lines between "@file" and "@end" are a file:
 * what its loader reports, and what a router that started with it runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct run {
	struct model *model;
	struct cli_session *session;
	struct text out;
	bool in_file;
	struct text file;
};

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "eth1") == 0 || strcmp(name, "ens3") == 0;
}

static bool secret_matches(void *arg, const struct secret *s, const char *typed)
{
	(void)arg;
	return strcmp(s->text + (s->type == 9 ? 1 : 0), typed) == 0;
}

/* Stands for crypt(3): "$" in front. */
static bool secret_hash(void *arg, struct secret *s)
{
	char plain[SECRET_MAX_LEN];

	(void)arg;
	str_copy(plain, sizeof(plain), s->text);
	s->type = 9;
	snprintf(s->text, sizeof(s->text), "$%.*s", (int)sizeof(s->text) - 2, plain);
	return true;
}

static const struct cli_ops ops = {
	.device_exists = device_exists, .secret_matches = secret_matches, .secret_hash = secret_hash};

static void write_running(const struct model *m, const char *interface, struct text *out)
{
	struct cli_writer w;

	cli_writer_begin(&w, m, interface);
	while (cli_writer_next(&w, out, 64)) /* small slices: the position must survive them */
		;
}

static void act(struct run *r, const struct cli_action *a)
{
	struct text running = {0};
	struct cli_filter *f;
	bool failed;

	if (a->kind != CLI_DO_SHOW_RUNNING) {
		text_printf(&r->out, "<action %d view %d interface '%s' group %u name '%s'%s%s%s%s>\n",
			(int)a->kind, (int)a->view, a->show.interface, (unsigned)a->show.group, a->show.name,
			a->show.detail ? " detail" : "", a->show.brief ? " brief" : "",
			a->show.all ? " all" : "", a->json ? " json" : "");
		if (a->debug_bits)
			text_printf(&r->out, "<debug %s %03x>\n", a->on ? "on" : "off", a->debug_bits);
		return;
	}
	write_running(r->model, a->show.interface, &running);
	f = cli_filter_new(a, &failed);
	if (f) {
		cli_filter_text(f, text_str(&running), running.len, &r->out);
		cli_filter_end(f, &r->out);
	} else {
		text_add(&r->out, text_str(&running));
	}
	text_free(&running);
}

/* Written, loaded and written again, the configuration is the same. */
static void load_again(struct run *r)
{
	struct text first = {0}, second = {0}, errors = {0};
	struct model *m = model_new();

	write_running(r->model, NULL, &first);
	cli_load(m, &ops, "running", text_str(&first), first.len, &errors);
	write_running(m, NULL, &second);
	text_add(&r->out, text_str(&errors));
	text_add(&r->out,
		strcmp(text_str(&first), text_str(&second)) == 0 ? "@load: identical\n" : "@load: DIFFERS\n");
	text_free(&first);
	text_free(&second);
	text_free(&errors);
	model_free(m);
}

static void start_with_file(struct run *r)
{
	struct text running = {0}, errors = {0};
	struct model *m = model_new();
	unsigned refused;

	cli_check(m, &ops, "FILE", text_str(&r->file), r->file.len, &errors, &refused);
	write_running(m, NULL, &running);
	text_printf(&r->out, "%s@file: %u refused\n%s", text_str(&errors), refused, text_str(&running));
	text_free(&running);
	text_free(&errors);
	text_free(&r->file);
	model_free(m);
}

/* A line between "@file" and "@end", and those two. */
static bool is_of_file(struct run *r, const char *line)
{
	bool begins = strcmp(line, "@file") == 0, ends = strcmp(line, "@end") == 0;

	if (r->in_file && ends)
		start_with_file(r);
	else if (r->in_file)
		text_printf(&r->file, "%s\n", line);
	else if (!begins)
		return false;
	r->in_file = !ends;
	return true;
}

static void type(struct run *r, char *line)
{
	size_t n = strlen(line);
	char prompt[CLI_PROMPT_MAX];

	if (is_of_file(r, line))
		return;

	if (strcmp(line, "@load") == 0) {
		load_again(r);
		return;
	}
	if (strncmp(line, "@privilege ", 11) == 0) {
		cli_session_free(r->session);
		r->session = cli_session_new(r->model, &ops, (unsigned)atoi(line + 11), "golden");
		return;
	}
	text_printf(
		&r->out, "%s%s\n", cli_prompt(r->session, prompt), cli_hides_input(r->session) ? "" : line);
	if (n > 0 && line[n - 1] == '?' && !cli_asks(r->session)) {
		line[n - 1] = '\0';
		cli_help(r->session, line, &r->out);
	} else if (n > 0 && line[n - 1] == '\t') {
		line[n - 1] = '\0';
		cli_complete(r->session, line, &r->out);
		text_add(&r->out, "<\n");
	} else {
		switch (cli_line(r->session, line, &r->out)) {
		case CLI_ACTION: act(r, cli_action(r->session)); break;
		case CLI_CLOSE: text_add(&r->out, "<closed>\n"); break;
		case CLI_OK:
		case CLI_REFUSED: break;
		}
	}
}

static char *read_file(const char *name)
{
	FILE *f = fopen(name, "r");
	struct text t = {0};
	char buffer[4096];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		text_add_n(&t, buffer, n);
	fclose(f);
	text_add(&t, "");
	return text_take(&t);
}

static int compare(const char *name, const char *got)
{
	char *wanted = read_file(name);
	size_t line = 1, start = 0, i;

	if (!wanted) {
		fprintf(stderr, "%s: cannot be read\n", name);
		return 1;
	}
	for (i = 0; wanted[i] && wanted[i] == got[i]; i++)
		if (wanted[i] == '\n') {
			line++;
			start = i + 1;
		}
	if (wanted[i] != got[i])
		fprintf(stderr, "%s:%zu: differs\n  wanted: %.*s\n  got:    %.*s\n", name, line,
			(int)strcspn(wanted + start, "\n"), wanted + start, (int)strcspn(got + start, "\n"),
			got + start);
	i = wanted[i] != got[i];
	free(wanted);
	return (int)i;
}

static int write_file(const char *name, const char *s)
{
	FILE *f = fopen(name, "w");

	return !f || fputs(s, f) < 0 || fclose(f) != 0;
}

static int reference(const char *file)
{
	struct text t = {0};
	int result;

	cli_command_reference(&t);
	result = compare(file, text_str(&t));
	if (result)
		fprintf(stderr, "renew it: hotswand --command-reference > doc/commands.md\n");
	text_free(&t);
	return result;
}

static int dictionary(void)
{
	struct text t = {0};

	cli_fuzz_dictionary(&t);
	fputs(text_str(&t), stdout);
	text_free(&t);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--reference") == 0)
		return reference(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--dictionary") == 0)
		return dictionary();
	bool rewrite = argc == 4 && strcmp(argv[1], "--write") == 0;
	struct run r = {.model = model_new()};
	char *input, *line, *next;
	int result;

	if (argc != 3 && !rewrite)
		return 2;
	r.session = cli_session_new(r.model, &ops, 15, "golden");
	input = read_file(argv[argc - 2]);
	if (!input)
		return 2;
	for (line = input; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		type(&r, line);
	}
	result = rewrite ? write_file(argv[3], text_str(&r.out)) : compare(argv[2], text_str(&r.out));
	cli_session_free(r.session);
	model_free(r.model);
	text_free(&r.out);
	free(input);
	return result;
}
