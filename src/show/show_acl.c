/*
 * show access-lists [name], show ip access-lists [name]
 *
 * The match count of a line is what its SAs carried, in both directions: that is what the lists are for here.
 */
#include "show/view.h"

#include <stdlib.h>
#include <string.h>

#include "ipsec/plan.h"

/* --- Counts: one pass over the SAs, then a look-up per line --------------------------------------------------------- */

struct count {
	const struct acl *acl;
	uint32_t sequence;
	int64_t packets;
};

static int count_order(const void *x, const void *y)
{
	const struct count *a = x, *b = y;

	if (a->acl != b->acl)
		return a->acl < b->acl ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* "l10", "l10-1", "d5l10": the line; 0 for "d5", which has none. */
static uint32_t line_of(const char *child)
{
	const char *l = strchr(child, 'l');

	return l ? (uint32_t)strtoul(l + 1, NULL, 10) : 0;
}

static size_t count_of(const struct facts *f, const struct child_sa *sa, void *row)
{
	struct count *out = row;
	char interface[INTERFACE_NAME_MAX], name[NAME_MAX_LEN];
	const struct crypto_map_entry *e = NULL, *t;
	const struct crypto_map *map;
	struct ipaddr peer;
	uint16_t sequence;

	if (sa->state == CHILD_SA_REKEYED || !conn_parse(sa->conn, interface, name, &sequence, &peer))
		return 0;
	map = model_crypto_map(f->model, name);
	if (map)
		e = crypto_map_entry(map, sequence);
	t = e ? plan_template(f->model, e, sa->child) : NULL;
	e = t ? t : e;
	*out = (struct count){.acl = e && e->acl[0] ? model_acl(f->model, e->acl) : NULL,
		.sequence = line_of(sa->child),
		.packets = (int64_t)(sa->packets_in + sa->packets_out) + sa->packets_in_before +
			sa->packets_out_before};
	return out->acl && out->sequence;
}

/* One count a line, once the counts of all SAs are in order. */
static void add_up(struct show *s)
{
	struct count *counts = s->scratch;
	size_t kept = 0;

	for (size_t i = 0; i < s->scratch_count; i++) {
		if (kept && count_order(&counts[kept - 1], &counts[i]) == 0)
			counts[kept - 1].packets += counts[i].packets;
		else
			counts[kept++] = counts[i];
	}
	s->scratch_count = kept;
}

/* True once the counts are there. */
static bool counted(struct show *s)
{
	enum { COUNTED = 4 }; /* behind view_index()'s own */

	if (s->stage == COUNTED)
		return true;
	if (!view_index(s, sizeof(struct count), count_of, count_order))
		return false;
	add_up(s);
	s->stage = COUNTED;
	return true;
}

static uint64_t packets_of(const struct show *s, const struct acl *acl, const struct acl_rule *rule)
{
	const struct count key = {.acl = acl, .sequence = rule->sequence}, *found = NULL;

	if (s->scratch_count)
		found = bsearch(&key, s->scratch, s->scratch_count, sizeof(key), count_order);
	return found && found->packets > 0 ? (uint64_t)found->packets : 0;
}

/* --- Lines ------------------------------------------------------------------------------------------------------------ */

/* The next rule (NULL at the head of a list): s->at is list, 0 or rule + 1. */
static const struct acl *next_line(struct show *s, const struct acl_rule **rule)
{
	const struct vec *acls = &s->facts->model->acls;

	for (; s->at[0] < acls->count; s->at[0]++, s->at[1] = 0) {
		const struct acl *acl = acls->items[s->at[0]];
		if (s->args.name[0] && strcmp(s->args.name, acl->name) != 0)
			continue;
		*rule = NULL;
		if (s->at[1]++ == 0)
			return acl;
		for (; s->at[1] - 2 < acl->rules.count; s->at[1]++) {
			*rule = acl->rules.items[s->at[1] - 2];
			if (!(*rule)->is_remark)
				return acl;
		}
	}
	return NULL;
}

static bool access_lists_text(struct show *s, struct text *out)
{
	const struct acl_rule *rule;
	char line[ACL_RULE_TEXT_MAX];

	if (!counted(s))
		return true;
	const struct acl *acl = next_line(s, &rule);
	if (!acl)
		return false;
	if (!rule) {
		text_printf(out, "Extended IP access list %s\n", acl->name);
		return true;
	}
	unsigned long long packets = packets_of(s, acl, rule);
	text_printf(out, "    %u %s", rule->sequence, format_acl_rule(rule, line));
	if (packets)
		text_printf(out, " (%llu match%s)", packets, packets == 1 ? "" : "es");
	text_add(out, "\n");
	return true;
}

static bool access_lists_json(struct show *s, struct text *out)
{
	const struct acl_rule *rule;
	struct json *j = &s->writer;
	char line[ACL_RULE_TEXT_MAX];

	(void)out;
	if (!counted(s))
		return true;
	const struct acl *acl = next_line(s, &rule);
	if (!acl)
		return false;
	if (!rule)
		return true;
	json_object(j, NULL);
	json_string(j, "access_list", acl->name);
	json_uint(j, "sequence", rule->sequence);
	json_string(j, "rule", format_acl_rule(rule, line));
	json_uint(j, "packets", packets_of(s, acl, rule));
	json_object_end(j);
	return true;
}

const struct view view_access_lists = {
	.name = "access-lists",
	.optional = FACT_IKE,
	.text = access_lists_text,
	.json = access_lists_json,
};
