/* See core_scenes.h. */
#include "core_scenes.h"

#include "base/text.h"

const char dynamic_conn[] = "hs/FastEthernet0/0/mymap/3/any";
const char static_conn[] = "hs/FastEthernet0/0/mymap/1/10.1.1.1";

struct crypto_map_entry *dynamic_map(struct world *w)
{
	struct crypto_map_entry *t =
		crypto_map_entry_get(model_dynamic_map_get(w->model, "mydynmap"), 1, CRYPTO_MAP_TEMPLATE);
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(w->model, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);

	t->transform_set_count = 1;
	str_copy(t->transform_sets[0], NAME_MAX_LEN, "my-transform-set");
	t->rri.enabled = true;
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "mydynmap");
	model_touch(w->model, MODEL_DYNAMIC_MAP, "mydynmap", 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 3);
	return t;
}

struct crypto_map_entry *static_map(struct world *w)
{
	acl_line(w, "102", 10, true, "192.168.1.0/24", "10.0.0.0/16");
	return entry(w, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha", true);
}

struct world *core_start(void)
{
	struct world *w = world_new();

	prologue(w);
	return w;
}

void core_runs(struct world *w)
{
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
}

struct world *dynamic_world(void)
{
	struct world *w = core_start();

	dynamic_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	log_clear(w);
	return w;
}

struct world *static_world(void)
{
	struct world *w = core_start();

	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	return w;
}

struct world *redundant_world(enum hsrp_role r)
{
	struct world *w = core_start();

	static_map(w);
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, "mymap", true, "group1");
	core_runs(w);
	role(w, 0, r, "192.168.0.3");
	return w;
}
