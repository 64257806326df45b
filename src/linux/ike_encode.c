/* Desired connections and keys as VICI messages: see ike_wire.h. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "linux/ike_wire.h"

enum { ITEM_MAX = 256 };

/* A lifetime of which the last tenth is for rekeying. */
struct lifetime {
	uint64_t soft, over, random;
};

static struct lifetime lifetime_split(uint64_t hard, uint64_t soft)
{
	if (soft == 0 || soft > hard)
		soft = hard - hard / 10;
	/* The moment of rekeying is drawn from the half of that tenth before it: tunnels that came up together do not rekey
	 * together. */
	return (struct lifetime){soft, hard - soft, (hard - soft) / 2};
}

const char *ike_selector_format(const struct ike_selector *s, char out[IKE_SELECTOR_TEXT_MAX])
{
	char prefix[PREFIX_TEXT_MAX];
	bool all_ports = s->ports.lo == 0 && (s->ports.hi == 0xffff || s->ports.hi == 0);

	/* Below 256 charon reads a type without a code, and of type 0 it knows none: the SA is for all of them. */
	all_ports |= s->protocol == IPPROTO_ICMP && s->ports.lo <= UINT8_MAX;
	prefix_format(&s->prefix, prefix);
	if (!s->protocol)
		snprintf(out, IKE_SELECTOR_TEXT_MAX, "%s", prefix);
	else if (all_ports)
		snprintf(out, IKE_SELECTOR_TEXT_MAX, "%s[%u]", prefix, s->protocol);
	else if (s->ports.lo == s->ports.hi)
		snprintf(out, IKE_SELECTOR_TEXT_MAX, "%s[%u/%u]", prefix, s->protocol, s->ports.lo);
	else
		snprintf(out, IKE_SELECTOR_TEXT_MAX, "%s[%u/%u-%u]", prefix, s->protocol, s->ports.lo,
			s->ports.hi);
	return out;
}

/* "a,b" as a list. */
static void encode_list(struct vici_message *m, const char *key, const char *commas)
{
	vici_list(m, key);
	for (const char *p = commas; *p;) {
		char item[ITEM_MAX];
		size_t n = strcspn(p, ",");
		if (n >= sizeof(item)) {
			m->error = -EMSGSIZE;
			return;
		}
		memcpy(item, p, n);
		item[n] = '\0';
		if (n)
			vici_item(m, item);
		p += n + (p[n] == ',');
	}
	vici_list_end(m);
}

static void encode_selector(struct vici_message *m, const char *key, const struct ike_selector *s)
{
	char text[IKE_SELECTOR_TEXT_MAX];

	vici_list_of_one(m, key, ike_selector_format(s, text));
}

static void encode_seconds(struct vici_message *m, const char *key, uint64_t seconds)
{
	vici_valuef(m, key, "%llus", (unsigned long long)seconds);
}

static void encode_child(struct vici_message *m, const struct ike_child *c)
{
	vici_section(m, c->name);
	encode_selector(m, "local_ts", &c->local);
	encode_selector(m, "remote_ts", &c->remote);
	if (c->pass) {
		vici_value(m, "mode", "pass");
		vici_value(m, "start_action", "trap"); /* in force as soon as it is loaded */
		vici_section_end(m);
		return;
	}
	encode_list(m, "esp_proposals", c->esp_proposals);
	vici_value(m, "mode", c->transport ? "transport" : "tunnel");
	if (c->life_time_s) {
		struct lifetime t = lifetime_split(c->life_time_s, c->rekey_time_s);
		encode_seconds(m, "life_time", c->life_time_s);
		encode_seconds(m, "rekey_time", t.soft);
		encode_seconds(m, "rand_time", t.random);
	}
	if (c->life_bytes) {
		struct lifetime t = lifetime_split(c->life_bytes, c->rekey_bytes);
		vici_valuef(m, "life_bytes", "%llu", (unsigned long long)c->life_bytes);
		vici_valuef(m, "rekey_bytes", "%llu", (unsigned long long)t.soft);
		vici_valuef(m, "rand_bytes", "%llu", (unsigned long long)t.random);
	}
	vici_valuef(m, "replay_window", "%u", c->replay_window);
	vici_value(m, "copy_df", c->clear_df ? "no" : "yes");
	/* What follows an event is decided by the core alone. */
	vici_value(m, "start_action", "none");
	vici_value(m, "close_action", "none");
	vici_value(m, "dpd_action", "none");
	vici_section_end(m);
}

static void encode_lifetime(struct vici_message *m, const struct ike_conn *c)
{
	if (!c->lifetime_s)
		return;
	struct lifetime t = lifetime_split(c->lifetime_s, 0);
	/* IKEv1 has no rekeying of an ISAKMP SA: it authenticates anew. */
	encode_seconds(m, "rekey_time", c->version == 1 ? 0 : t.soft);
	encode_seconds(m, "reauth_time", c->version == 1 ? t.soft : 0);
	encode_seconds(m, "over_time", t.over);
	encode_seconds(m, "rand_time", t.random);
}

static void encode_side(struct vici_message *m, const char *side, const char *id)
{
	vici_section(m, side);
	vici_value(m, "auth", "psk");
	if (*id)
		vici_value(m, "id", id);
	vici_section_end(m);
}

void ike_encode_conn(struct vici_message *m, const struct ike_conn *c)
{
	char text[IP_TEXT_MAX];

	vici_section(m, c->name);
	vici_valuef(m, "version", "%u", c->version);
	vici_list_of_one(m, "local_addrs", ip_is_set(&c->local) ? ip_format(&c->local, text) : "%any");
	vici_list_of_one(m, "remote_addrs", ip_is_set(&c->remote) ? ip_format(&c->remote, text) : "%any");
	if (c->remote_port) {
		vici_value(m, "local_port", "4500"); /* the port that the NAT lets answer */
		vici_valuef(m, "remote_port", "%u", c->remote_port);
	}
	if (*c->proposals)
		encode_list(m, "proposals", c->proposals);
	vici_value(
		m, "mobike", "no"); /* with it, a vanishing address moves the tunnel to another one of ours */
	vici_value(m, "unique", "replace");
	vici_value(m, "aggressive", "no");
	vici_value(m, "fragmentation", "yes");
	vici_value(m, "keyingtries", "1"); /* the core decides about the next attempt */
	vici_value(m, "send_certreq", "no");
	encode_seconds(m, "dpd_delay", c->dpd_delay_s);
	/* charon counts this from the last packet that came in, and takes the delay off for the time after its probe. */
	if (c->version == 1 && c->dpd_delay_s)
		encode_seconds(m, "dpd_timeout", (uint64_t)c->dpd_delay_s + c->dpd_timeout_s);
	encode_lifetime(m, c);
	encode_side(m, "local", c->local_id);
	encode_side(m, "remote", c->remote_id);
	vici_section(m, "children");
	for (uint32_t i = 0; i < c->child_count; i++)
		encode_child(m, &c->children[i]);
	vici_section_end(m);
	vici_section_end(m);
}

void ike_encode_secret(struct vici_message *m, const struct ike_secret *s)
{
	char owners[PREFIX_TEXT_MAX];

	vici_value(m, "id", s->id);
	vici_value(m, "type", "IKE");
	vici_value_n(m, "data", s->key, s->key_len);
	vici_list(m, "owners"); /* without any: for everybody */
	if (ip_is_set(&s->owners.addr) && s->owners.len) {
		if (s->owners.len == ip_bits(&s->owners.addr))
			vici_item(m, ip_format(&s->owners.addr, owners));
		else
			vici_item(m, prefix_format(&s->owners, owners));
	}
	if (s->owner_id[0])
		vici_item(m, s->owner_id);
	vici_list_end(m);
}
