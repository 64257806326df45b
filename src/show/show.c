#include "show/show.h"

#include <assert.h>
#include <stdlib.h>

#include "show/view.h"

static const struct view *const views[SHOW_VIEW_COUNT] = {
	[SHOW_STANDBY] = &view_standby,
	[SHOW_CRYPTO_MAP] = &view_crypto_map,
	[SHOW_CRYPTO_DYNAMIC_MAP] = &view_crypto_dynamic_map,
	[SHOW_IPSEC_TRANSFORM_SET] = &view_transform_set,
	[SHOW_IPSEC_SA] = &view_ipsec_sa,
	[SHOW_IPSEC_SA_COUNT] = &view_ipsec_sa_count,
	[SHOW_IPSEC_SA_LIFETIME] = &view_ipsec_sa_lifetime,
	[SHOW_ISAKMP_SA] = &view_isakmp_sa,
	[SHOW_ISAKMP_POLICY] = &view_isakmp_policy,
	[SHOW_ISAKMP_PEERS] = &view_isakmp_peers,
	[SHOW_IKEV2_SA] = &view_ikev2_sa,
	[SHOW_CRYPTO_SESSION] = &view_crypto_session,
	[SHOW_CRYPTO_ROUTE] = &view_crypto_route,
	[SHOW_IP_ROUTE] = &view_ip_route,
	[SHOW_IP_INTERFACE_BRIEF] = &view_ip_interface_brief,
	[SHOW_ACCESS_LISTS] = &view_access_lists,
	[SHOW_KEY_CHAIN] = &view_key_chain,
	[SHOW_STANDBY_NEIGHBORS] = &view_standby_neighbors,
	[SHOW_STANDBY_DELAY] = &view_standby_delay,
	[SHOW_STANDBY_REDIRECT] = &view_standby_redirect,
	[SHOW_STANDBY_INTERNAL] = &view_standby_internal,
	[SHOW_STANDBY_CAPABILITY] = &view_standby_capability,
	[SHOW_INTERFACES] = &view_interfaces,
	[SHOW_IP_INTERFACE] = &view_ip_interface,
	[SHOW_ARP] = &view_arp,
	[SHOW_ROUTE_TRACKS] = &view_route_tracks,
	[SHOW_VERSION] = &view_version,
	[SHOW_REDUNDANCY] = &view_redundancy,
	[SHOW_TRACK] = &view_track,
	[SHOW_ISAKMP_SA_COUNT] = &view_isakmp_sa_count,
	[SHOW_ISAKMP_DEFAULT_POLICY] = &view_isakmp_default_policy,
	[SHOW_ISAKMP_KEY] = &view_isakmp_key,
	[SHOW_IKEV2_SESSION] = &view_ikev2_session,
	[SHOW_IKEV2_PROPOSAL] = &view_ikev2_proposal,
	[SHOW_IKEV2_POLICY] = &view_ikev2_policy,
	[SHOW_IKEV2_PROFILE] = &view_ikev2_profile,
	[SHOW_ENGINE_CONNECTIONS] = &view_engine_connections,
	[SHOW_CRYPTO_ELI] = &view_crypto_eli,
	[SHOW_CRYPTO_HA] = &view_crypto_ha,
	[SHOW_HOTSWAN_INTERNAL] = &view_hotswan_internal,
};

/* What is said, and called in JSON, when a fact is missing. Never "not found": tools take that for a refusal. */
static const struct {
	enum fact fact;
	const char *key, *line;
} fact_words[] = {
	{FACT_CORE, "core", "% The engine does not answer: bindings and injected routes are unknown"},
	{FACT_IKE, "ike", "% charon does not answer: IKE and IPsec state is unknown"},
	{FACT_ROUTES, "routes", "% The kernel does not answer: its routing table is unknown"},
	{FACT_LINKS, "links", "% The kernel does not answer: interfaces and addresses are unknown"},
	{FACT_HSRP, "hsrp", "% The HSRP process does not answer: standby state is unknown"},
	{FACT_FILTER, "filter", "% The kernel does not answer: filter counters are unknown"},
	{FACT_TRACK, "track", "% The engine does not answer: tracked objects are unknown"},
	{FACT_COUNTERS, "counters", "% The kernel does not answer: counters of interfaces are unknown"},
	{FACT_ARP, "arp", "% The kernel does not answer: its ARP table is unknown"},
	{FACT_SYSTEM, "system", "% The system does not answer: version and uptime are unknown"},
};

unsigned show_needs(enum show_view view, const struct show_args *args)
{
	unsigned needs = views[view]->required | views[view]->optional;

	if (view == SHOW_CRYPTO_SESSION && args->brief &&
		!ip_is_set(&args->local)) /* no endpoints are printed */
		needs &= ~(unsigned)(FACT_CORE | FACT_LINKS);
	return needs;
}

void print_missing(struct text *out, unsigned missing)
{
	for (size_t i = 0; i < sizeof(fact_words) / sizeof(*fact_words); i++)
		if (missing & fact_words[i].fact)
			text_printf(out, "%s\n", fact_words[i].line);
}

void show_begin(struct show *s, enum show_view view, const struct show_args *args, const struct facts *facts,
	bool json)
{
	assert(view < SHOW_VIEW_COUNT && facts && facts->model);
	*s = (struct show){.view = view, .args = *args, .facts = facts, .json = json};
}

static void json_head(struct show *s, const struct view *v)
{
	unsigned missing = s->facts->missing & (v->required | v->optional);

	json_object(&s->writer, NULL);
	json_string(&s->writer, "view", v->name);
	json_array(&s->writer, "missing");
	for (size_t i = 0; i < sizeof(fact_words) / sizeof(*fact_words); i++)
		if (missing & fact_words[i].fact)
			json_string(&s->writer, NULL, fact_words[i].key);
	json_array_end(&s->writer);
	json_array(&s->writer, "entries");
}

/* What stands before the first entry; false when there is nothing to print behind it. */
static bool head(struct show *s, const struct view *v, struct text *out)
{
	unsigned missing = s->facts->missing & show_needs(s->view, &s->args);

	if (s->json)
		json_head(s, v);
	else
		print_missing(out, missing);
	return (missing & v->required) == 0;
}

static void tail(struct show *s, struct text *out)
{
	if (!s->json)
		return;
	json_array_end(&s->writer);
	json_object_end(&s->writer);
	text_add(out, "\n");
}

enum { INDEX_ROWS = 1000, INDEX_MOVES = 10000 }; /* in one step */

bool view_index(struct show *s, size_t size, view_rows rows, int (*order)(const void *, const void *))
{
	const struct facts *f = s->facts;
	size_t end = s->at[3] + INDEX_ROWS < f->child_sa_count ? s->at[3] + INDEX_ROWS : f->child_sa_count;

	switch (s->stage) {
	case 0:
		s->scratch = f->child_sa_count ? calloc(f->child_sa_count, VIEW_ROWS_MAX * size) : NULL;
		s->stage = s->scratch ? 1 : 3;
		break;
	case 1:
		for (; s->at[3] < end; s->at[3]++)
			s->scratch_count += rows(
				f, &f->child_sas[s->at[3]], (char *)s->scratch + s->scratch_count * size);
		if (end < f->child_sa_count)
			break;
		if (!sort_begin(&s->sort, s->scratch, s->scratch_count, size, order))
			s->scratch_count = 0;
		s->scratch = NULL;
		s->stage = 2;
		break;
	case 2:
		if (s->sort.items && !sort_step(&s->sort, INDEX_MOVES))
			break;
		s->scratch = sort_take(&s->sort);
		s->stage = 3;
		break;
	default: return true;
	}
	s->gave_way = true;
	return false;
}

bool show_next(struct show *s, struct text *out, size_t slice)
{
	const struct view *v = views[s->view];
	size_t start = out->len;

	s->writer.out = out;
	if (!s->begun) {
		s->begun = true;
		s->done = !head(s, v, out);
		if (s->done)
			tail(s, out);
	}
	s->gave_way = false;
	while (!s->done && !s->gave_way && out->len - start < slice && !out->oom) {
		s->done = !(s->json ? v->json : v->text)(s, out);
		if (s->done)
			tail(s, out);
	}
	return !s->done && !out->oom;
}

void show_end(struct show *s)
{
	free(sort_take(&s->sort));
	free(s->scratch);
	s->scratch = NULL;
	s->done = true;
}

void show_run(enum show_view view, const struct show_args *args, const struct facts *facts, bool json,
	struct text *out)
{
	struct show s;

	show_begin(&s, view, args, facts, json);
	while (show_next(&s, out, SIZE_MAX))
		continue;
	show_end(&s);
}
