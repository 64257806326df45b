#include "core/effect.h"

#include <stdlib.h>

struct effect *effects_add(struct effects *e, enum effect_kind kind)
{
	if (e->count == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 64;
		struct effect *items = realloc(e->items, cap * sizeof(*items));

		if (!items) {
			e->oom = true;
			effect_clear(&e->scratch);
			e->scratch = (struct effect){.kind = kind};
			return &e->scratch;
		}
		e->items = items;
		e->cap = cap;
	}
	e->items[e->count] = (struct effect){.kind = kind};
	return &e->items[e->count++];
}

void effect_clear(struct effect *e)
{
	switch (e->kind) {
	case EF_FILTER: filter_free(e->filter); break;
	case EF_MSS: free(e->mss.list); break;
	case EF_CONN_LOAD:
		if (e->conn)
			ike_conn_clear(e->conn);
		free(e->conn);
		break;
	case EF_SECRET_LOAD:
		if (e->secret)
			ike_secret_clear(e->secret);
		free(e->secret);
		break;
	case EF_CONN_UNLOAD:
	case EF_SECRET_UNLOAD: free(e->name); break;
	case EF_INITIATE:
	case EF_TERMINATE:
		free(e->sa.conn);
		free(e->sa.child);
		break;
	case EF_LOG:
	case EF_WARN: free(e->log.text); break;
	case EF_ROUTE_ADD:
	case EF_ROUTE_DEL:
	case EF_ADDRESS_ADD:
	case EF_ADDRESS_DEL:
	case EF_LINK_SET:
	case EF_FILTER_GONE:
	case EF_SA_SNAPSHOT:
	case EF_LISTEN:
	case EF_RESOLVE:
	case EF_REACH:
	case EF_HSRP_CONFIG:
	case EF_HSRP_GROUP:
	case EF_HSRP_CHAIN:
	case EF_HSRP_TRACK:
	case EF_HSRP_YIELD:
	case EF_STOPPED: break;
	}
	*e = (struct effect){.kind = EF_SA_SNAPSHOT}; /* a kind that owns nothing */
}

void effects_clear(struct effects *e)
{
	for (size_t i = 0; i < e->count; i++)
		effect_clear(&e->items[i]);
	e->count = 0;
	effect_clear(&e->scratch);
	e->oom = false;
}

void effects_free(struct effects *e)
{
	effects_clear(e);
	free(e->items);
	*e = (struct effects){0};
}
