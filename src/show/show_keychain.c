/*
 * show key chain [name]
 *
 * The key strings are secrets: the running configuration shows them, nothing else does (D16).
 */
#include "show/view.h"

#include <stdio.h>
#include <string.h>

enum { DATE_TEXT_MAX = 48 };

static const struct chain_key *next_key(struct show *s, const struct key_chain **chain, bool *first)
{
	const struct vec *chains = &s->facts->model->key_chains;

	for (; s->at[0] < chains->count; s->at[0]++, s->at[1] = 0) {
		*chain = chains->items[s->at[0]];
		if (s->args.name[0] && strcmp(s->args.name, (*chain)->name) != 0)
			continue;
		if (s->at[1] == 0 && (*chain)->keys.count == 0) { /* its head alone */
			s->at[1] = 1;
			*first = true;
			return NULL;
		}
		if (s->at[1] < (*chain)->keys.count) {
			*first = s->at[1] == 0;
			return (*chain)->keys.items[s->at[1]++];
		}
	}
	*chain = NULL;
	return NULL;
}

/* By the clock that the lifetime was typed for. */
static bool valid_now(const struct facts *f, const struct key_lifetime *l)
{
	int64_t now = f->system.wall_s + (l->local ? f->system.utc_offset_s : 0);

	if (!l->set)
		return true;
	int64_t start = key_moment_utc(&l->start);
	return start <= now &&
		(l->ends == KEY_NEVER_ENDS ||
			now < (l->ends == KEY_LASTS ? start + l->seconds : key_moment_utc(&l->end)));
}

static const char *format_moment(const struct key_moment *m, bool local, char out[DATE_TEXT_MAX])
{
	snprintf(out, DATE_TEXT_MAX, "%02u:%02u:%02u %s %s %u %u", m->hour, m->minute, m->second,
		local ? "local" : "UTC", month_name(m->month), m->day, m->year);
	return out;
}

static const char *format_end(const struct key_lifetime *l, char out[DATE_TEXT_MAX])
{
	if (l->ends == KEY_ENDS_AT)
		return format_moment(&l->end, l->local, out);
	if (l->ends == KEY_LASTS)
		snprintf(out, DATE_TEXT_MAX, "%u seconds", l->seconds);
	return l->ends == KEY_LASTS ? out : "infinite";
}

static void print_lifetime(
	struct text *out, const struct facts *f, const char *word, const struct key_lifetime *l)
{
	char from[DATE_TEXT_MAX], to[DATE_TEXT_MAX];

	text_printf(out, "        %s lifetime (%s) - (%s)%s\n", word,
		l->set ? format_moment(&l->start, l->local, from) : "always valid",
		l->set ? format_end(l, to) : "always valid", valid_now(f, l) ? " [valid now]" : "");
}

static bool key_chain_text(struct show *s, struct text *out)
{
	const struct key_chain *chain;
	bool first = false;
	const struct chain_key *k = next_key(s, &chain, &first);

	if (!chain)
		return false;
	if (first)
		text_printf(out, "Key-chain %s:\n", chain->name);
	if (!k)
		return true;
	text_printf(out, "    key %u -- text \"%s\"\n", k->number, k->key.set ? "********" : "(unset)");
	print_lifetime(out, s->facts, "accept", &k->accept);
	print_lifetime(out, s->facts, "send", &k->send);
	return true;
}

static void json_lifetime(
	struct json *j, const char *key, const struct facts *f, const struct key_lifetime *l)
{
	char text[DATE_TEXT_MAX];

	json_object(j, key);
	json_bool(j, "valid", valid_now(f, l));
	json_string(j, "from", l->set ? format_moment(&l->start, l->local, text) : NULL);
	json_string(j, "to", l->set ? format_end(l, text) : NULL);
	json_object_end(j);
}

static bool key_chain_json(struct show *s, struct text *out)
{
	struct json *j = &s->writer;
	const struct key_chain *chain;
	bool first = false;
	const struct chain_key *k = next_key(s, &chain, &first);

	(void)out;
	if (!chain)
		return false;
	if (!k)
		return true;
	json_object(j, NULL);
	json_string(j, "key_chain", chain->name);
	json_uint(j, "key", k->number);
	json_bool(j, "key_string", k->key.set);
	json_lifetime(j, "accept", s->facts, &k->accept);
	json_lifetime(j, "send", s->facts, &k->send);
	json_object_end(j);
	return true;
}

const struct view view_key_chain = {
	.name = "key-chain",
	.required = FACT_SYSTEM, /* the clock */
	.text = key_chain_text,
	.json = key_chain_json,
};
