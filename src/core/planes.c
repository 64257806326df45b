/*
 * What an entry asks for and the data plane that charon works with cannot do: said once for each entry, at the line that
 * asks or when charon is up.
 */
#include "core/parts.h"

#include "ipsec/acl.h"

#include <stdio.h>

static bool names_icmp_messages(const struct plan *p)
{
	for (uint32_t i = 0; p->conn_count && i < p->conns[0].child_count; i++) {
		const struct ike_selector *s = &p->conns[0].children[i].local;

		if (s->protocol == ACL_PROTOCOL_ICMP && (s->ports.lo != 0 || s->ports.hi != UINT16_MAX))
			return true;
	}
	return false;
}

static bool copies_df(const struct core *c, const struct unit *u, const struct crypto_map_entry *e)
{
	const struct interface_cfg *i = model_interface(c->model, u->binding->interface);

	return crypto_entry_df(c->model, u->binding->interface, e) == DF_COPY &&
		(e->options.df == DF_COPY || (i && i->df == DF_COPY) || c->model->sa_options.df == DF_COPY);
}

void planes_say(struct core *c, struct unit *u, const struct plan *p)
{
	static const char *const texts[] = {
		"level per-host needs kernel ESP: with libipsec an access list line has one SA",
		"with libipsec the SA of an access list line that names an ICMP message is for all ICMP",
		"with libipsec the DF bit is always set: copy is as set",
	};
	const struct crypto_map_entry *e = unit_entry(c, u);
	char line[2 * BINDING_TEXT_MAX];

	if (!e || !c->plane_known || !c->libipsec)
		return;
	const bool asked[] = {e->options.per_host, names_icmp_messages(p), copies_df(c, u, e)};

	for (uint8_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		uint8_t bit = (uint8_t)(1 << i);

		if (asked[i] && !(u->said_plane & bit)) {
			snprintf(line, sizeof(line), "%%Warning: Crypto map %s %u: %s", u->binding->map,
				u->sequence, texts[i]);
			core_warn(c, line);
		}
		u->said_plane = asked[i] ? u->said_plane | bit : (uint8_t)(u->said_plane & ~bit);
	}
}
