/* The engine's end of the socket to the hsrp process: see hsrp_client.h. */
#include "daemon/hsrp_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/hsrp_chain.h"
#include "daemon/inventory.h"
#include "daemon/log.h"
#include "daemon/rundir.h"

enum {
	RECONNECT_MS = 50,
	QUESTIONS_MAX = 64,
	QUEUE_MAX = 65536, /* messages that wait for a process that does not read */
	READ_BURST = 64,   /* messages a turn */
};

struct packet {
	struct packet *next;
	size_t len;
	uint8_t data[];
};

enum { TOLD_INTERFACE = -1, TOLD_CHAIN = -2 };

/* What the hsrp process was told last about a group (group >= 0), an interface or a key chain. */
struct told {
	struct told *next;
	char interface[NAME_MAX_LEN]; /* or key chain */
	char device[HSRP_DEVICE_MAX];
	int group;
	enum ip_family family;
	uint64_t digest;
	bool wanted;
};

struct question {
	int number; /* 0: free */
	void (*each)(void *ctx, const struct hsrp_status *s);
	void (*neighbour)(void *ctx, const struct hsrp_neighbour *n);
	void (*done)(void *ctx, int error);
	void *ctx;
};

struct hsrp_client {
	struct engine *engine;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *retry;
	struct packet *queue, **queue_end;
	size_t queued;
	struct told *told;
	struct question questions[QUESTIONS_MAX];
	uint32_t next_id;
	bool up;
};

static void disconnect(struct hsrp_client *h);

static uint64_t digest(const uint8_t *data, size_t len)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 1099511628211u;
	return hash;
}

/* Sends what the socket takes; the rest waits for EPOLLOUT. False when the connection broke. */
static bool flush(struct hsrp_client *h)
{
	while (h->queue) {
		struct packet *p = h->queue;

		if (send(h->fd, p->data, p->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
				return false;
			break;
		}
		h->queue = p->next;
		if (!h->queue)
			h->queue_end = &h->queue;
		h->queued--;
		free(p);
	}
	(void)loop_watch_events(h->watch, h->queue ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

static void send_packet(struct hsrp_client *h, const uint8_t *data, size_t len)
{
	struct packet *p = h->queued < QUEUE_MAX ? malloc(sizeof(*p) + len) : NULL;

	if (!p) {
		disconnect(h); /* a new connection gets everything */
		return;
	}
	p->next = NULL;
	p->len = len;
	memcpy(p->data, data, len);
	*h->queue_end = p;
	h->queue_end = &p->next;
	h->queued++;
}

static void send_message(struct hsrp_client *h, const struct message *m)
{
	uint8_t data[MESSAGE_MAX];
	int n = message_encode(m, data, sizeof(data));

	if (h->fd >= 0 && n > 0)
		send_packet(h, data, (size_t)n);
}

static void send_simple(struct hsrp_client *h, enum message_type type)
{
	struct message m = {.type = type};

	send_message(h, &m);
}

/* Sends a message about (interface, device, family, group) unless the last one said the same. */
static void tell(struct hsrp_client *h, const char *interface, const char *device, enum ip_family family,
	int group, const struct message *m)
{
	uint8_t data[MESSAGE_MAX];
	int n = message_encode(m, data, sizeof(data));
	struct told *t = h->told;
	uint64_t d;

	if (n <= 0 || h->fd < 0)
		return;
	d = digest(data, (size_t)n);
	while (t &&
		(t->group != group || t->family != family || strcmp(t->interface, interface) ||
			strcmp(t->device, device)))
		t = t->next;
	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t) {
			disconnect(h);
			return;
		}
		str_copy(t->interface, sizeof(t->interface), interface);
		str_copy(t->device, sizeof(t->device), device);
		t->group = group;
		t->family = family;
		t->digest = ~d;
		t->next = h->told;
		h->told = t;
	}
	t->wanted = true;
	if (t->digest == d)
		return;
	t->digest = d;
	send_packet(h, data, (size_t)n);
}

static void fill_interface(const struct model *m, const struct interface_cfg *i, const char *device,
	struct hsrp_interface_config *c)
{
	str_copy(c->device, sizeof(c->device), device);
	str_copy(c->name, sizeof(c->name), i->name);
	if (i->address_set) {
		c->address = i->address;
		c->address_len = i->address_len;
	}
	c->version = i->standby_version ? i->standby_version : 1;
	c->use_bia = standby_uses_bia(m, i);
	c->delay_minimum_s = (uint16_t)i->standby_delay_minimum_s;
	c->delay_reload_s = (uint16_t)i->standby_delay_reload_s;
	c->link_local = i->ipv6_link_local;
	c->ipv6_routing = m->ipv6_unicast_routing;
	c->mac_refresh_s = i->standby_mac_refresh_set ? i->standby_mac_refresh_s : STANDBY_MAC_REFRESH_S;
	c->redirect_off = i->standby_no_redirect;
	c->redirect_advertise_s = i->standby_redirect_advertise_s;
	c->redirect_hold_s = i->standby_redirect_hold_s;
	if (i->standby_garp_set) {
		c->garp_count = i->standby_garp_count;
		c->garp_interval_s = i->standby_garp_interval_s;
	}
}

/* Down as IOS sees the line protocol: no device, shut down, or no carrier. */
static bool is_down(const struct hsrp_client *h, const char *interface)
{
	const struct interface_cfg *i = model_interface(h->engine->model, interface);
	const char *device = i ? interface_device(i) : interface;
	const struct link *l = *device ? inventory_link_by_name(h->engine->inventory, device) : NULL;

	return !l || !l->up || !l->running;
}

static void fill_tracks(
	const struct hsrp_client *h, const struct standby_group *g, struct hsrp_group_config *c)
{
	const struct standby_track *t;

	vec_each (&g->tracks, k, t) {
		if (c->track_count == HSRP_TRACK_MAX)
			return;
		c->track[c->track_count++] = (struct hsrp_track){.object = t->object,
			.decrement = t->decrement ? t->decrement : STANDBY_TRACK_DECREMENT,
			.shutdown = t->shutdown,
			.down = t->object ? core_track_down(h->engine->core, t->object)
					  : is_down(h, t->interface)};
	}
}

/* As if something were tracked that is down: a box that cannot serve does not win an election. */
static void fill_fitness(const struct hsrp_client *h, const struct interface_cfg *i,
	const struct standby_group *g, struct hsrp_group_config *c)
{
	if (c->track_count < HSRP_TRACK_MAX && core_group_unfit(h->engine->core, i->name, g->number))
		c->track[c->track_count++] = (struct hsrp_track){.decrement = UINT8_MAX, .down = true};
}

static void fill_ipv4(const struct standby_group *g, struct hsrp_group_config *c)
{
	c->enabled = g->ip_typed;
	c->vip = g->ip;
	for (size_t k = 0; k < g->secondaries.count && k < HSRP_SECONDARY_MAX; k++)
		c->secondary[c->secondary_count++] = *(const struct ipaddr *)g->secondaries.items[k];
}

/* Without a link-local address typed the virtual MAC's is what we start with. */
static void fill_ipv6(const struct standby_group *g, struct hsrp_group_config *c)
{
	struct mac mac = standby_mac_is_for(g, IP_V6) ? g->mac : hsrp_virtual_mac(2, IP_V6, g->number);
	const struct prefix *p;

	c->enabled = standby_has_ipv6(g);
	c->vip = ip_is_set(&g->ipv6) ? g->ipv6 : hsrp_link_local(&mac);
	c->vip_implied = !ip_is_set(&g->ipv6) && !g->ipv6_autoconfig;
	vec_each (&g->ipv6_prefixes, k, p) {
		if (c->secondary_count == HSRP_SECONDARY_MAX)
			return;
		c->secondary[c->secondary_count] = p->addr;
		c->secondary_len[c->secondary_count++] = p->len;
	}
}

static void fill_group(const struct interface_cfg *i, const struct standby_group *g, enum ip_family family,
	const char *device, struct hsrp_group_config *c)
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];

	str_copy(c->device, sizeof(c->device), device);
	c->group = g->number;
	c->family = (uint8_t)family;
	str_copy(c->name, sizeof(c->name), standby_group_name(i, g, name));
	(family == IP_V6 ? fill_ipv6 : fill_ipv4)(g, c);
	c->priority = g->priority_set ? g->priority : HSRP_PRIORITY_DEFAULT;
	c->preempt = g->preempt;
	c->preempt_minimum_s = g->preempt_minimum_s;
	c->preempt_reload_s = g->preempt_reload_s;
	c->preempt_sync_s = g->preempt_sync_s;
	c->timers_configured = g->hello_ms || g->hold_ms;
	c->hello_ms = g->hello_ms ? g->hello_ms : HSRP_HELLO_DEFAULT_MS;
	c->hold_ms = g->hold_ms ? g->hold_ms : HSRP_HOLD_DEFAULT_MS;
	c->mac_configured = standby_mac_is_for(g, family);
	c->mac = g->mac;
	if (g->key_chain[0]) {
		c->auth.kind = HSRP_AUTH_MD5;
		str_copy(c->auth.chain, sizeof(c->auth.chain), g->key_chain);
		return;
	}
	if (g->key.set) {
		c->auth.kind = HSRP_AUTH_MD5;
		c->auth.timeout_s = g->key_timeout_s;
		size_t len = g->key.type == 0 ? strlen(g->key.text) : 0; /* others cannot be decrypted */
		c->auth.key_len = len <= HSRP_KEY_MAX ? (uint8_t)len : 0;
		memcpy(c->auth.key, g->key.text, c->auth.key_len);
		return;
	}
	c->auth.kind = HSRP_AUTH_TEXT;
	str_copy(c->auth.text, sizeof(c->auth.text),
		g->authentication_set ? g->authentication : HSRP_AUTH_DEFAULT);
}

static void send_group(struct hsrp_client *h, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, const char *device)
{
	struct message m = {.type = MESSAGE_CONFIG_GROUP};

	fill_group(i, g, family, device, &m.group);
	fill_tracks(h, g, &m.group);
	hsrp_fill_bonds(h->engine, i, g, &m.group);
	fill_fitness(h, i, g, &m.group);
	tell(h, i->name, device, family, g->number, &m);
}

static void send_interface(struct hsrp_client *h, const struct interface_cfg *i)
{
	const char *device = interface_device(i);
	struct message m = {.type = MESSAGE_CONFIG_INTERFACE};
	const struct standby_group *g;

	if (!*device || !i->standby.count)
		return;
	fill_interface(h->engine->model, i, device, &m.interface);
	tell(h, i->name, device, IP_NONE, TOLD_INTERFACE, &m);
	vec_each (&i->standby, k, g) {
		if (g->key_chain[0]) {
			m = (struct message){.type = MESSAGE_CONFIG_CHAIN};
			hsrp_chain_fill(h->engine->model, g->key_chain, &m.chain);
			tell(h, g->key_chain, "", IP_NONE, TOLD_CHAIN, &m);
		}
		if (g->ip_typed || !standby_has_ipv6(g))
			send_group(h, i, g, IP_V4, device);
		if (standby_has_ipv6(g))
			send_group(h, i, g, IP_V6, device);
	}
}

/* What was told about the interface and is wanted no more. Groups go before their interface. */
static void remove_unwanted(struct hsrp_client *h, const char *interface, bool groups)
{
	for (struct told **t = &h->told; *t;) {
		struct told *gone = *t;
		struct message m = {.type = groups ? MESSAGE_REMOVE_GROUP : MESSAGE_REMOVE_INTERFACE};

		if (gone->wanted || gone->group == TOLD_CHAIN || (gone->group >= 0) != groups ||
			strcmp(gone->interface, interface)) {
			t = &gone->next;
			continue;
		}
		str_copy(m.which.device, sizeof(m.which.device), gone->device);
		m.which.group = gone->group;
		m.which.family = gone->family;
		send_message(h, &m);
		if (h->fd < 0)
			return;
		*t = gone->next;
		free(gone);
	}
}

static bool chain_used(const struct model *m, const char *chain)
{
	const struct interface_cfg *i;
	const struct standby_group *g;

	vec_each (&m->interfaces, k, i)
		vec_each (&i->standby, n, g)
			if (!strcmp(g->key_chain, chain))
				return true;
	return false;
}

/* Keys that no group uses any more are not kept in another process. */
static void remove_unused_chains(struct hsrp_client *h)
{
	for (struct told **t = &h->told; *t && h->fd >= 0;) {
		struct told *gone = *t;
		struct message m = {.type = MESSAGE_CONFIG_CHAIN};

		if (gone->group != TOLD_CHAIN || chain_used(h->engine->model, gone->interface)) {
			t = &gone->next;
			continue;
		}
		str_copy(m.chain.name, sizeof(m.chain.name), gone->interface);
		*t = gone->next;
		free(gone);
		send_message(h, &m);
	}
}

void hsrp_client_config(struct hsrp_client *h, const char *interface)
{
	const struct interface_cfg *i = model_interface(h->engine->model, interface);

	if (h->fd < 0)
		return; /* the connect sends everything */
	for (struct told *t = h->told; t; t = t->next)
		if (t->group != TOLD_CHAIN && !strcmp(t->interface, interface))
			t->wanted = false;
	if (i)
		send_interface(h, i);
	remove_unwanted(h, interface, true);
	remove_unwanted(h, interface, false);
	remove_unused_chains(h);
	if (h->fd >= 0 && !flush(h))
		disconnect(h);
}

void hsrp_client_links_changed(struct hsrp_client *h)
{
	const struct interface_cfg *i;
	const struct standby_group *g;

	vec_each (&h->engine->model->interfaces, k, i) {
		bool tracks = false;

		vec_each (&i->standby, n, g)
			tracks = tracks || g->tracks.count;
		if (tracks)
			hsrp_client_config(h, i->name);
	}
}

static void send_everything(struct hsrp_client *h)
{
	const struct interface_cfg *i;

	send_simple(h, MESSAGE_CONFIG_BEGIN);
	vec_each (&h->engine->model->interfaces, k, i)
		send_interface(h, i);
	send_simple(h, MESSAGE_CONFIG_END);
}

static void answer_question(struct hsrp_client *h, struct question *q, int error)
{
	struct question was = *q;

	q->number = 0;
	if (was.done)
		was.done(was.ctx, error);
	(void)h;
}

static struct question *find_question(struct hsrp_client *h, uint32_t number)
{
	for (size_t k = 0; number && k < QUESTIONS_MAX; k++)
		if (h->questions[k].number == (int)number)
			return &h->questions[k];
	return NULL;
}

/* Role as the engine acts on it: active means confirmed by the kernel and announced (design rule 3). */
static enum hsrp_role role_of(const struct hsrp_status *s)
{
	static const enum hsrp_role roles[HSRP_STATE_COUNT] = {
		[HSRP_DISABLED] = HSRP_ROLE_INIT,
		[HSRP_INITIAL] = HSRP_ROLE_INIT,
		[HSRP_LEARN] = HSRP_ROLE_LEARN,
		[HSRP_LISTEN] = HSRP_ROLE_LISTEN,
		[HSRP_SPEAK] = HSRP_ROLE_SPEAK,
		[HSRP_STANDBY] = HSRP_ROLE_STANDBY,
		[HSRP_ACTIVE] = HSRP_ROLE_STANDBY, /* on its way: not serving yet */
	};

	return s->serving ? HSRP_ROLE_ACTIVE : s->state < HSRP_STATE_COUNT ? roles[s->state] : HSRP_ROLE_NONE;
}

/* By the kernel's word where our own list lags behind: the hsrp process may hear of a new device first. */
static int index_of(const struct hsrp_client *h, const char *device)
{
	const struct link *l = *device ? inventory_link_by_name(h->engine->inventory, device) : NULL;

	return l ? l->ifindex : *device ? (int)if_nametoindex(device) : 0;
}

static void on_group_report(struct hsrp_client *h, const struct hsrp_report *r)
{
	int parent = index_of(h, r->status.device), vmac = index_of(h, r->status.mac_device);
	struct event e = {.kind = EV_HSRP_ROLE};

	if (!parent || r->status.family != IP_V4) /* crypto maps and routes follow IPv4's roles */
		return; /* the device is gone: the core hears it from the kernel, and a new report comes with a new one */
	e.hsrp.ifindex = parent;
	e.hsrp.group = r->status.group;
	e.hsrp.role = r->phase == HSRP_PHASE_REMOVED ? HSRP_ROLE_NONE : role_of(&r->status);
	e.hsrp.vip = r->status.vip;
	const struct hsrp_peer *peer = r->status.active.local ? &r->status.standby : &r->status.active;
	e.hsrp.peer = peer->address;
	e.hsrp.peer_priority = peer->priority;
	e.hsrp.vmac_ifindex = vmac ? vmac : parent;
	e.hsrp.at = r->announced.ns != MONO_NEVER.ns ? r->announced : loop_clock();
	engine_event(h->engine, &e);
}

static void on_message(struct hsrp_client *h, const struct message *m)
{
	struct question *q = find_question(h, m->id);
	struct event up = {.kind = EV_HSRP_UP};

	switch (m->type) {
	case MESSAGE_REPORT: on_group_report(h, &m->report); break;
	case MESSAGE_STATUS:
		if (q && q->each)
			q->each(q->ctx, &m->status);
		break;
	case MESSAGE_NEIGHBOUR:
		if (q && q->each)
			q->neighbour(q->ctx, &m->neighbour);
		break;
	case MESSAGE_STATUS_END:
		if (q)
			answer_question(h, q, 0);
		break;
	case MESSAGE_CONFIG_DONE:
		if (!h->up) {
			h->up = true;
			h->engine->hsrp_known = true;
			engine_event(h->engine, &up);
			engine_check_ready(h->engine);
			if (h->engine->debug_standby) /* another process: it does not know */
				(void)hsrp_client_command(
					h, MESSAGE_COMMAND_DEBUG, "", h->engine->debug_standby);
		}
		break;
	case MESSAGE_LOG:
		if (m->log.level == LOG_SEV_DEBUG)
			log_line(LOG_SEV_DEBUG, m->log.text);
		else
			log_show(m->log.text);
		break;
	default: break;
	}
}

static void on_socket(void *ctx, uint32_t events)
{
	struct hsrp_client *h = ctx;

	for (int i = 0; events & (EPOLLIN | EPOLLHUP | EPOLLERR) && i < READ_BURST && h->fd >= 0; i++) {
		uint8_t data[MESSAGE_MAX];
		struct message m;
		ssize_t n = recv(h->fd, data, sizeof(data), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0 || message_decode(&m, data, (size_t)n) < 0) {
			disconnect(h);
			return;
		}
		on_message(h, &m);
	}
	if (h->fd >= 0 && !flush(h))
		disconnect(h);
}

static void try_connect(void *ctx)
{
	struct hsrp_client *h = ctx;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/hsrp.sock", h->engine->args->run_dir);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (fd >= 0)
			close(fd);
		loop_timer_set(h->retry, mono_add_ms(loop_clock(), RECONNECT_MS));
		return;
	}
	h->fd = fd;
	h->watch = loop_watch(h->engine->loop, fd, EPOLLIN, LOOP_FRAMES, on_socket, h);
	if (!h->watch) {
		disconnect(h);
		return;
	}
	send_everything(h);
	if (h->fd >= 0 && !flush(h))
		disconnect(h);
}

static void forget_told(struct hsrp_client *h)
{
	while (h->told) {
		struct told *t = h->told;

		h->told = t->next;
		free(t);
	}
	while (h->queue) {
		struct packet *p = h->queue;

		h->queue = p->next;
		free(p);
	}
	h->queue_end = &h->queue;
	h->queued = 0;
}

static void on_down(struct hsrp_client *h)
{
	struct event down = {.kind = EV_HSRP_DOWN};

	for (size_t k = 0; k < QUESTIONS_MAX; k++)
		if (h->questions[k].number)
			answer_question(h, &h->questions[k], -ECONNRESET);
	if (h->up && !h->engine->stepping)
		engine_event(h->engine, &down);
	h->up = false;
}

static void disconnect(struct hsrp_client *h)
{
	loop_unwatch(h->watch);
	h->watch = NULL;
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	forget_told(h);
	loop_timer_set(h->retry, mono_add_ms(loop_clock(), RECONNECT_MS));
	on_down(h);
}

int hsrp_client_new(struct engine *e, struct hsrp_client **out)
{
	struct hsrp_client *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	*h = (struct hsrp_client){.engine = e, .fd = -1};
	h->queue_end = &h->queue;
	h->retry = loop_timer_new(e->loop, try_connect, h);
	if (!h->retry) {
		free(h);
		return -ENOMEM;
	}
	*out = h;
	return 0;
}

void hsrp_client_start(struct hsrp_client *h)
{
	try_connect(h);
}

bool hsrp_client_up(const struct hsrp_client *h)
{
	return h->up;
}

int hsrp_client_status(struct hsrp_client *h, void (*each)(void *ctx, const struct hsrp_status *s),
	void (*neighbour)(void *ctx, const struct hsrp_neighbour *n), void (*done)(void *ctx, int error),
	void *ctx)
{
	struct message m = {.type = MESSAGE_STATUS_REQUEST};
	struct question *q = NULL;

	if (!h->up)
		return -ENOTCONN;
	for (size_t k = 0; !q && k < QUESTIONS_MAX; k++)
		if (!h->questions[k].number)
			q = &h->questions[k];
	if (!q)
		return -EBUSY;
	h->next_id = h->next_id % INT32_MAX + 1;
	m.id = h->next_id;
	m.which.group = -1;
	*q = (struct question){
		.number = (int)m.id, .each = each, .neighbour = neighbour, .done = done, .ctx = ctx};
	send_message(h, &m);
	if (h->fd >= 0)
		(void)loop_watch_events(h->watch, EPOLLIN | EPOLLOUT);
	return (int)m.id;
}

void hsrp_client_forget(struct hsrp_client *h, int number)
{
	struct question *q = number > 0 ? find_question(h, (uint32_t)number) : NULL;

	if (q)
		q->each = NULL, q->done = NULL;
}

int hsrp_client_command(struct hsrp_client *h, enum message_command command, const char *device, int group)
{
	struct message m = {.type = MESSAGE_COMMAND};

	if (!h->up)
		return -ENOTCONN;
	m.command.command = (uint8_t)command;
	str_copy(m.command.which.device, sizeof(m.command.which.device), device);
	m.command.which.group = group;
	send_message(h, &m);
	if (h->fd >= 0)
		(void)loop_watch_events(h->watch, EPOLLIN | EPOLLOUT);
	return 0;
}

void hsrp_client_free(struct hsrp_client *h)
{
	if (!h)
		return;
	loop_unwatch(h->watch);
	if (h->fd >= 0)
		close(h->fd);
	loop_timer_free(h->retry);
	forget_told(h);
	free(h);
}
