#include "rri_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core_scenes.h"

struct world *rri_world(void)
{
	return core_start();
}

struct crypto_map_entry *rri_static(struct world *w)
{
	return static_map(w);
}

struct crypto_map_entry *rri_dynamic(struct world *w)
{
	struct crypto_map_entry *t = dynamic_map(w);

	config(w);
	return t;
}

void rri_template_changed(struct world *w)
{
	model_touch(w->model, MODEL_DYNAMIC_MAP, "mydynmap", 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 3);
	config(w);
}

void rri_changed(struct world *w, uint16_t sequence)
{
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", sequence);
	config(w);
}

void rri_runs(struct world *w)
{
	apply(w, "mymap", false, "");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	pass_ms(w, 2000); /* what is said twice within a second counts as a fight over the route */
	log_clear(w);
}

struct world *rri_static_world(void)
{
	struct world *w = rri_world();

	rri_static(w);
	rri_runs(w);
	return w;
}

struct world *rri_dynamic_world(void)
{
	struct world *w = rri_world();

	rri_dynamic(w);
	rri_runs(w);
	return w;
}

void rri_way(struct world *w, const char *gateway)
{
	struct event e = {.kind = EV_UNDERLAY};

	w->gateway = (struct ipaddr){0};
	if (gateway[0])
		assert_true(ip_parse(gateway, &w->gateway));
	assert_true(prefix_parse("0.0.0.0/0", &e.underlay));
	world_event(w, &e);
}

void rri_sa(struct world *w, uint32_t id, const char *peer, const char *remote)
{
	ike_up(w, id, DYN, peer);
	child_up(w, id, id, DYN, "d1", peer, remote);
}

void rri_line(struct world *w, uint32_t sequence, const char *to)
{
	acl_line(w, "102", sequence, true, "192.168.1.0/24", to);
	config(w);
}

void rri_no_line(struct world *w, uint32_t sequence)
{
	acl_rule_delete(model_acl(w->model, "102"), sequence);
	model_touch(w->model, MODEL_ACL, "102", 0);
	config(w);
}

static int by_prefix(const void *a, const void *b)
{
	const struct route *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order		       ? order
		: x->table != y->table ? (x->table < y->table ? -1 : 1)
				       : x->protocol - y->protocol;
}

static void add_route(struct text *t, const struct route *r)
{
	char prefix[PREFIX_TEXT_MAX], gateway[IP_TEXT_MAX];

	text_printf(t, "%s%s", t->len ? ", " : "", prefix_format(&r->prefix, prefix));
	if (ip_is_set(&r->gateway))
		text_printf(t, " via %s", ip_format(&r->gateway, gateway));
	else
		text_printf(t, " dev %d", r->ifindex);
	if (r->protocol == ROUTE_PROTO_HELPER)
		text_add(t, " host");
	else
		text_printf(t, " [%u]", r->metric >> 24);
	if (r->table != ROUTE_TABLE_MAIN)
		text_printf(t, " table %u", r->table);
}

void rri_kernel_is(struct world *w, const char *expected)
{
	struct route *all = calloc(w->route_cap + 1, sizeof(*all));
	struct text t = {0};
	size_t n = 0;

	assert_non_null(all);
	for (size_t i = 0; i < w->route_cap; i++)
		if (w->routes[i].used && w->routes[i].r.protocol != ROUTE_PROTO_STATIC)
			all[n++] = w->routes[i].r;
	qsort(all, n, sizeof(*all), by_prefix);
	for (size_t i = 0; i < n; i++)
		add_route(&t, &all[i]);
	if (strcmp(text_str(&t), expected) != 0) {
		print_log(w);
		fail_msg("the kernel has: %s\n             not: %s", text_str(&t), expected);
	}
	text_free(&t);
	free(all);
}
