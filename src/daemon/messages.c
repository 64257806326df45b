#include "daemon/messages.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/*
 * One list of fields serves encoding and decoding: each `f_` function writes its field, or reads and checks it.
 * Header: version, type, length of the whole message (16 bits), id (32 bits).
 */
struct codec {
	bool encode;
	bool bad; /* a decoded value outside its limits */
	struct writer w;
	struct reader r;
};

static void f_u8(struct codec *c, uint8_t *v, unsigned max)
{
	if (c->encode)
		write_u8(&c->w, *v);
	else if ((*v = read_u8(&c->r)) > max)
		c->bad = true;
}

static void f_bool(struct codec *c, bool *v)
{
	uint8_t b = *v;
	f_u8(c, &b, 1);
	*v = b == 1;
}

static void f_u16(struct codec *c, uint16_t *v)
{
	if (c->encode)
		write_u16(&c->w, *v);
	else
		*v = read_u16(&c->r);
}

static void f_u32(struct codec *c, uint32_t *v)
{
	if (c->encode)
		write_u32(&c->w, *v);
	else
		*v = read_u32(&c->r);
}

static void f_i32(struct codec *c, int32_t *v)
{
	uint32_t u = (uint32_t)*v;
	f_u32(c, &u);
	*v = (int32_t)u;
}

static void f_u64(struct codec *c, uint64_t *v)
{
	uint32_t hi = (uint32_t)(*v >> 32), lo = (uint32_t)*v;
	f_u32(c, &hi);
	f_u32(c, &lo);
	*v = (uint64_t)hi << 32 | lo;
}

static void f_mono(struct codec *c, mono_t *v)
{
	uint64_t u = (uint64_t)v->ns;
	f_u64(c, &u);
	v->ns = (int64_t)u;
	if (v->ns < 0)
		c->bad = true;
}

static void f_bytes(struct codec *c, uint8_t *v, size_t n)
{
	if (c->encode) {
		write_bytes(&c->w, v, n);
		return;
	}
	const uint8_t *from = read_bytes(&c->r, n);
	if (from)
		memcpy(v, from, n);
}

/* Length (16 bits) and characters; the decoded string is always terminated and has no NUL inside. */
static void f_string(struct codec *c, char *s, size_t size)
{
	uint16_t n = c->encode ? (uint16_t)strnlen(s, size - 1) : 0;
	f_u16(c, &n);
	if (n >= size) {
		c->bad = true;
		return;
	}
	f_bytes(c, (uint8_t *)s, n);
	if (!c->encode) {
		s[n] = '\0';
		if (memchr(s, '\0', n))
			c->bad = true;
	}
}

static void f_ip(struct codec *c, struct ipaddr *a)
{
	f_u8(c, &a->family, IP_V6);
	if (a->family != IP_NONE && a->family != IP_V4 && a->family != IP_V6)
		c->bad = true;
	else
		f_bytes(c, a->bytes, ip_bits(a) / 8);
}

static void f_mac(struct codec *c, struct mac *m)
{
	f_bytes(c, m->bytes, sizeof m->bytes);
}

static void f_family(struct codec *c, uint8_t *family)
{
	f_u8(c, family, IP_V6);
	if (*family != IP_V4 && *family != IP_V6)
		c->bad = true;
}

static void f_interface(struct codec *c, struct hsrp_interface_config *i)
{
	f_string(c, i->device, sizeof i->device);
	f_string(c, i->name, sizeof i->name);
	f_ip(c, &i->address);
	f_u8(c, &i->address_len, 128);
	f_ip(c, &i->link_local);
	f_bool(c, &i->ipv6_routing);
	f_u8(c, &i->version, 2);
	f_bool(c, &i->use_bia);
	f_u16(c, &i->delay_minimum_s);
	f_u16(c, &i->delay_reload_s);
	f_u8(c, &i->garp_count, 255);
	f_u8(c, &i->mac_refresh_s, 255);
	f_u16(c, &i->garp_interval_s);
	f_bool(c, &i->redirect_off);
	f_u16(c, &i->redirect_advertise_s);
	f_u16(c, &i->redirect_hold_s);
	if (i->device[0] == '\0' || i->version == 0 || i->address_len > ip_bits(&i->address))
		c->bad = true;
}

static void f_auth(struct codec *c, struct hsrp_auth *a)
{
	f_u8(c, &a->kind, HSRP_AUTH_KIND_COUNT - 1);
	f_string(c, a->text, sizeof a->text);
	f_u8(c, &a->key_len, HSRP_KEY_MAX);
	if (a->key_len <= HSRP_KEY_MAX)
		f_bytes(c, a->key, a->key_len);
	f_u32(c, &a->key_id);
	f_u16(c, &a->timeout_s);
	f_string(c, a->chain, sizeof a->chain);
}

static void f_i64(struct codec *c, int64_t *v)
{
	uint64_t u = (uint64_t)*v;
	f_u64(c, &u);
	*v = (int64_t)u;
}

static void f_chain(struct codec *c, struct hsrp_chain_config *chain)
{
	f_string(c, chain->name, sizeof chain->name);
	f_u16(c, &chain->first);
	f_bool(c, &chain->more);
	f_u8(c, &chain->count, HSRP_CHAIN_PART_MAX);
	for (unsigned i = 0; i < chain->count && !c->bad; i++) {
		struct hsrp_chain_key *k = &chain->keys[i];
		f_u32(c, &k->id);
		f_u8(c, &k->key_len, HSRP_KEY_MAX);
		if (k->key_len <= HSRP_KEY_MAX)
			f_bytes(c, k->key, k->key_len);
		int64_t *moments[] = {
			&k->accept.from_s, &k->accept.until_s, &k->send.from_s, &k->send.until_s};
		for (size_t n = 0; n < sizeof moments / sizeof moments[0]; n++)
			f_i64(c, moments[n]);
	}
	if (chain->name[0] == '\0' || chain->first + chain->count > HSRP_CHAIN_KEYS_MAX)
		c->bad = true;
}

static void f_track(struct codec *c, struct hsrp_track *t)
{
	f_u16(c, &t->object);
	f_u8(c, &t->decrement, 255);
	f_bool(c, &t->shutdown);
	f_bool(c, &t->down);
}

static void f_ref(struct codec *c, struct hsrp_ref *r)
{
	f_string(c, r->device, sizeof r->device);
	f_u16(c, &r->group);
	f_u8(c, &r->family, IP_V6);
}

static void f_group(struct codec *c, struct hsrp_group_config *g)
{
	f_string(c, g->device, sizeof g->device);
	f_u16(c, &g->group);
	f_family(c, &g->family);
	f_string(c, g->name, sizeof g->name);
	f_bool(c, &g->enabled);
	f_ip(c, &g->vip);
	f_bool(c, &g->vip_implied);
	f_u8(c, &g->secondary_count, HSRP_SECONDARY_MAX);
	for (unsigned i = 0; i < g->secondary_count && !c->bad; i++) {
		f_ip(c, &g->secondary[i]);
		f_u8(c, &g->secondary_len[i], 128);
	}
	f_u8(c, &g->priority, 255);
	f_bool(c, &g->preempt);
	f_u16(c, &g->preempt_minimum_s);
	f_u16(c, &g->preempt_reload_s);
	f_u16(c, &g->preempt_sync_s);
	f_bool(c, &g->sync_ready);
	f_ref(c, &g->pair);
	f_ref(c, &g->follow);
	f_bool(c, &g->timers_configured);
	f_u32(c, &g->hello_ms);
	f_u32(c, &g->hold_ms);
	f_auth(c, &g->auth);
	f_bool(c, &g->mac_configured);
	f_mac(c, &g->mac);
	f_u8(c, &g->track_count, HSRP_TRACK_MAX);
	for (unsigned i = 0; i < g->track_count && !c->bad; i++)
		f_track(c, &g->track[i]);
	if (g->device[0] == '\0' || g->group > HSRP_GROUP_MAX_V2)
		c->bad = true;
	if (g->hello_ms == 0 || g->hold_ms <= g->hello_ms || g->hold_ms > 255000)
		c->bad = true;
}

static void f_peer(struct codec *c, struct hsrp_peer *p)
{
	f_bool(c, &p->local);
	f_ip(c, &p->address);
	f_mac(c, &p->mac);
	f_u8(c, &p->priority, 255);
	f_mono(c, &p->expires);
}

static void f_status(struct codec *c, struct hsrp_status *s)
{
	f_string(c, s->device, sizeof s->device);
	f_u16(c, &s->group);
	f_family(c, &s->family);
	f_u8(c, &s->state, HSRP_STATE_COUNT - 1);
	f_ip(c, &s->own);
	f_bool(c, &s->serving);
	f_peer(c, &s->active);
	f_peer(c, &s->standby);
	f_ip(c, &s->vip);
	f_bool(c, &s->vip_learned);
	f_mac(c, &s->virtual_mac);
	f_bool(c, &s->mac_in_use);
	f_string(c, s->mac_device, sizeof s->mac_device);
	f_u8(c, &s->priority, 255);
	f_u32(c, &s->hello_ms);
	f_u32(c, &s->hold_ms);
	f_bool(c, &s->timers_learned);
	f_mono(c, &s->next_hello);
	f_mono(c, &s->preempt_at);
	f_bool(c, &s->waits);
	f_u32(c, &s->changes);
	f_mono(c, &s->last_change);
	f_u8(c, &s->reason, HSRP_REASON_COUNT - 1);
	f_u8(c, &s->old_state, HSRP_STATE_COUNT - 1);
	f_ip(c, &s->reason_from);
	f_i32(c, &s->kernel_error);
	uint64_t *counters[] = {
		&s->sent, &s->received, &s->bad_auth, &s->bad_frame, &s->own_source, &s->unknown_group};
	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
		f_u64(c, counters[i]);
	for (size_t i = 0; i < HSRP_WIRE_ERROR_COUNT; i++)
		f_u64(c, &s->bad[i]);
	uint64_t *more[] = {&s->bad_hello_time, &s->other_vip, &s->inoperational, &s->duplicate, &s->garps};
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		f_u64(c, more[i]);
	f_mono(c, &s->next_garp);
}

static void f_neighbour(struct codec *c, struct hsrp_neighbour *n)
{
	f_string(c, n->device, sizeof n->device);
	f_ip(c, &n->address);
	f_mac(c, &n->mac);
	f_bool(c, &n->advertised);
	f_u16(c, &n->active);
	f_u16(c, &n->passive);
	f_mono(c, &n->expires);
}

static void f_report(struct codec *c, struct hsrp_report *r)
{
	f_u8(c, &r->phase, HSRP_PHASE_COUNT - 1);
	f_mono(c, &r->last_heard);
	f_mono(c, &r->cause);
	f_mono(c, &r->address_confirmed);
	f_mono(c, &r->announced);
	f_status(c, &r->status);
}

static void f_which(struct codec *c, struct message_which *w)
{
	uint8_t family = (uint8_t)w->family;

	f_string(c, w->device, sizeof w->device);
	f_i32(c, &w->group);
	f_u8(c, &family, IP_V6);
	w->family = family;
	c->bad |= family != IP_NONE && family != IP_V4 && family != IP_V6;
}

static void f_body(struct codec *c, struct message *m)
{
	switch (m->type) {
	case MESSAGE_CONFIG_INTERFACE: f_interface(c, &m->interface); break;
	case MESSAGE_CONFIG_GROUP: f_group(c, &m->group); break;
	case MESSAGE_CONFIG_CHAIN: f_chain(c, &m->chain); break;
	case MESSAGE_REMOVE_INTERFACE:
	case MESSAGE_REMOVE_GROUP:
	case MESSAGE_STATUS_REQUEST: f_which(c, &m->which); break;
	case MESSAGE_COMMAND:
		f_u8(c, &m->command.command, MESSAGE_COMMAND_COUNT - 1);
		c->bad |= m->command.command == 0;
		f_which(c, &m->command.which);
		break;
	case MESSAGE_REPORT: f_report(c, &m->report); break;
	case MESSAGE_STATUS: f_status(c, &m->status); break;
	case MESSAGE_NEIGHBOUR: f_neighbour(c, &m->neighbour); break;
	case MESSAGE_LOG:
		f_u8(c, &m->log.level, 7);
		f_string(c, m->log.text, sizeof m->log.text);
		break;
	case MESSAGE_COMMAND_DONE: f_i32(c, &m->result.error); break;
	default: break; /* the others have no body */
	}
}

int message_encode(const struct message *m, uint8_t *buf, size_t size)
{
	if (m->type == 0 || m->type >= MESSAGE_TYPE_COUNT)
		return -EINVAL;
	struct codec c = {.encode = true, .w = writer_make(buf, size)};
	struct message copy = *m; /* the field functions take what they may also fill */
	write_u8(&c.w, MESSAGE_VERSION);
	write_u8(&c.w, m->type);
	uint8_t *length = write_room(&c.w, 2);
	write_u32(&c.w, m->id);
	f_body(&c, &copy);
	size_t n = writer_len(&c.w);
	if (c.w.failed || n > UINT16_MAX)
		return -EMSGSIZE;
	length[0] = (uint8_t)(n >> 8);
	length[1] = (uint8_t)n;
	return c.bad ? -EINVAL : (int)n;
}

int message_decode(struct message *m, const uint8_t *buf, size_t len)
{
	struct codec c = {.r = reader_make(buf, len)};
	memset(m, 0, sizeof *m);
	uint8_t version = read_u8(&c.r);
	if (!c.r.failed && version != MESSAGE_VERSION)
		return -EPROTONOSUPPORT;
	m->type = read_u8(&c.r);
	uint16_t length = read_u16(&c.r);
	m->id = read_u32(&c.r);
	if (c.r.failed || length != len || m->type == 0 || m->type >= MESSAGE_TYPE_COUNT)
		return -EBADMSG;
	f_body(&c, m);
	return c.bad || c.r.failed || reader_left(&c.r) != 0 ? -EBADMSG : 0;
}
