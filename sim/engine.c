/* The engine process around its core: as daemon/engine.c and its adapters do it. */
#include "sim/box.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

enum {
	DELAY_NS = 2000000,
	LATE_NS = 2000000000,
	CONNECT_MS = 50,
	ROUNDS_MAX = 100000, /* more is a core that never comes to rest */
};

enum connect_what { CONNECT_HSRP, CONNECT_CHARON };

/* An event with what it points to. */
struct told {
	struct event e;
	struct ike_sa ike;
	struct child_sa child, old;
	char conn[IKE_CONN_NAME_MAX];
};

struct ipaddr box_vip(unsigned segment)
{
	return ip_v4(0x0a0000fe + (segment << 8));
}

bool box_serves(const struct sim_world *w, unsigned router)
{
	const struct sim_port *port = &w->router[router].port[0];

	return port->vmac.address && port->vmac.up && port->carrier &&
		!world_fault(w, FAULT_ONE_WAY, (int)router, 0);
}

/* --- Channels ------------------------------------------------------------------------------------------------------ */

mono_t channel_at(struct sim_world *w, unsigned router, enum box_channel channel, bool late)
{
	mono_t *last = &w->router[router].box->last[channel];
	mono_t at = mono_add_ns(w->now, random_to(&w->random, late ? LATE_NS : DELAY_NS));

	if (mono_before(at, *last))
		at = *last;
	*last = at;
	return at;
}

static bool is_late(const struct sim_world *w, unsigned router, enum box_channel channel)
{
	switch (channel) {
	case CHANNEL_HSRP: return world_fault(w, FAULT_MESSAGE_LATE, (int)router, -1);
	case CHANNEL_CHARON: return world_fault(w, FAULT_CHARON_LATE, (int)router, -1);
	default: return false;
	}
}

void engine_tell(struct sim_world *w, unsigned router, enum box_channel channel, const struct event *e)
{
	struct box *b = w->router[router].box;

	if (!b->core)
		return;
	struct told *t = calloc(1, sizeof(*t));
	assert(t);
	t->e = *e;
	switch (e->kind) {
	case EV_CONN:
		str_copy(t->conn, sizeof(t->conn), e->conn);
		t->e.conn = t->conn;
		break;
	case EV_IKE_SA:
	case EV_IKE_SA_GONE:
		t->ike = *e->ike_sa;
		t->e.ike_sa = &t->ike;
		break;
	case EV_CHILD_SA:
	case EV_CHILD_SA_REKEYED:
	case EV_CHILD_SA_GONE:
		t->child = *e->child.child;
		t->e.child.child = &t->child;
		if (e->child.old) {
			t->old = *e->child.old;
			t->e.child.old = &t->old;
		}
		break;
	default: break;
	}
	struct sim_event *q =
		queue_add(&w->queue, SIM_TOLD, channel_at(w, router, channel, is_late(w, router, channel)));
	q->router = (uint8_t)router;
	q->incarnation = b->incarnation;
	q->owned = t;
}

void engine_drop(struct sim_event *e)
{
	if (e->kind == SIM_NETLINK || e->kind == SIM_CHARON)
		effect_clear(e->owned);
	if (e->kind == SIM_NETLINK || e->kind == SIM_CHARON || e->kind == SIM_TOLD)
		free(e->owned);
	e->owned = NULL;
}

/* --- Steps --------------------------------------------------------------------------------------------------------- */

static void step(struct sim_world *w, unsigned router, const struct event *e);

static void answer(struct sim_world *w, unsigned router, uint64_t cookie, int error)
{
	if (cookie)
		step(w, router, &(struct event){.kind = EV_RESULT, .result = {cookie, error}});
}

static void log_line(struct sim_world *w, unsigned router, const struct effect *f)
{
	if (w->trace && f->kind == EF_LOG && f->log.text)
		world_trace(w, router, "%%%s: %s", f->log.mnemonic, f->log.text);
}

static void execute(struct sim_world *w, unsigned router, struct effect *f)
{
	struct box *b = w->router[router].box;
	uint64_t cookie = f->cookie;
	int error;

	check_effect(w, router, f);
	switch (f->kind) {
	case EF_ROUTE_ADD:
	case EF_ROUTE_DEL:
	case EF_ADDRESS_ADD:
	case EF_ADDRESS_DEL:
	case EF_LINK_SET:
	case EF_RESOLVE:
	case EF_REACH: netns_effect(w, router, f); return;
	case EF_FILTER:
	case EF_FILTER_GONE:
		error = netns_filter(w, router, f);
		effect_clear(f);
		answer(w, router, cookie, error);
		return;
	case EF_CONN_LOAD:
	case EF_CONN_UNLOAD:
	case EF_SECRET_LOAD:
	case EF_SECRET_UNLOAD:
	case EF_INITIATE:
	case EF_TERMINATE:
	case EF_SA_SNAPSHOT:
		if (b->charon) {
			charon_effect(w, router, f);
			return;
		}
		answer(w, router, cookie, -ENOTCONN);
		break;
	case EF_LOG:
	case EF_WARN: log_line(w, router, f); break;
	case EF_STOPPED: b->stopped = true; break;
	default: answer(w, router, cookie, 0); break; /* not modelled: done */
	}
	effect_clear(f);
}

/* Nothing calls back from inside an effect: what an answer leads to is added behind. */
static void step(struct sim_world *w, unsigned router, const struct event *e)
{
	struct box *b = w->router[router].box;

	core_step(b->core, e, w->now, &b->effects);
	w->result->events++;
}

static void run(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	for (size_t i = 0; i < b->effects.count; i++) { /* grows meanwhile */
		struct effect f = b->effects.items[i];

		b->effects.items[i] = (struct effect){.kind = EF_SA_SNAPSHOT};
		execute(w, router, &f);
		if (i > ROUNDS_MAX) {
			check_fail(w, "the engine of router %c does not come to rest", 'A' + router);
			break;
		}
	}
	b->effects.count = 0;
	world_wake(w, router, PROCESS_ENGINE, core_deadline(b->core));
	check_box(w, router);
}

void engine_event(struct sim_world *w, unsigned router, const struct event *e)
{
	if (!w->router[router].box->core)
		return;
	step(w, router, e);
	run(w, router);
}

void engine_wakes(struct sim_world *w, unsigned router)
{
	engine_event(w, router, &(struct event){.kind = EV_TIMER});
}

/* --- Connections ----------------------------------------------------------------------------------------------------- */

static void connect_later(struct sim_world *w, unsigned router, enum connect_what what)
{
	struct sim_event *e =
		queue_add(&w->queue, SIM_CONNECT, mono_add_ms(w->now, 1 + random_to(&w->random, CONNECT_MS)));

	e->router = (uint8_t)router;
	e->what = (uint8_t)what;
	e->incarnation = w->router[router].box->incarnation;
}

/* A connect sends everything, and hears of every group. */
static void connect_hsrp(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	if (b->hsrp_linked)
		return;
	if (!w->router[router].core || mono_before(w->now, w->router[router].stalled_until)) {
		connect_later(w, router, CONNECT_HSRP);
		return;
	}
	b->hsrp_linked = true;
	process_configure(w, router);
	engine_tell(w, router, CHANNEL_HSRP, &(struct event){.kind = EV_HSRP_UP});
}

void engine_connect(struct sim_world *w, const struct sim_event *e)
{
	struct box *b = w->router[e->router].box;

	if (e->incarnation != b->incarnation || !b->core)
		return;
	if (mono_before(w->now, b->stalled_until))
		connect_later(w, e->router, (enum connect_what)e->what);
	else if (e->what == CONNECT_HSRP)
		connect_hsrp(w, e->router);
	else if (b->charon)
		charon_connect(w, e->router);
}

void engine_hsrp_gone(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	if (!b || !b->hsrp_linked)
		return;
	b->hsrp_linked = false;
	engine_tell(w, router, CHANNEL_HSRP, &(struct event){.kind = EV_HSRP_DOWN});
	if (b->core)
		connect_later(w, router, CONNECT_HSRP);
}

/* daemon/hsrp_client.c: active means confirmed by the kernel and announced (design rule 3). */
void engine_report(struct sim_world *w, unsigned router, const struct hsrp_report *r)
{
	static const enum hsrp_role roles[] = {HSRP_ROLE_INIT, HSRP_ROLE_INIT, HSRP_ROLE_LEARN,
		HSRP_ROLE_LISTEN, HSRP_ROLE_SPEAK, HSRP_ROLE_STANDBY, HSRP_ROLE_STANDBY};
	struct box *b = w->router[router].box;
	unsigned segment = process_segment(r->status.device);
	struct event e = {.kind = EV_HSRP_ROLE};

	if (!b || !b->hsrp_linked)
		return;
	e.hsrp.ifindex = (int)(OUTSIDE_IFINDEX + segment);
	e.hsrp.group = r->status.group;
	e.hsrp.role = r->phase == HSRP_PHASE_REMOVED ? HSRP_ROLE_NONE
		: r->status.serving		     ? HSRP_ROLE_ACTIVE
						     : roles[r->status.state];
	if (segment == 0 && b->reported == HSRP_ROLE_ACTIVE && e.hsrp.role != HSRP_ROLE_ACTIVE &&
		w->router[router].port[0].vmac.address && !w->router[router].port[0].unconfirmed)
		check_fail(w, "router %c tells its engine that it serves no longer, and has the address",
			'A' + router);
	if (segment == 0)
		b->reported = e.hsrp.role;
	e.hsrp.vip = r->status.vip;
	e.hsrp.vmac_ifindex = (int)(VMAC_IFINDEX + segment);
	e.hsrp.at = w->now;
	engine_tell(w, router, CHANNEL_HSRP, &e);
}

/* What the engine reads is its knowledge from now on. */
static void note(struct sim_world *w, unsigned router, const struct event *e)
{
	struct box *b = w->router[router].box;

	switch (e->kind) {
	case EV_HSRP_ROLE:
		if (e->hsrp.ifindex != OUTSIDE_IFINDEX)
			break;
		if (b->role != e->hsrp.role)
			world_trace(w, router, "engine: role %d", e->hsrp.role);
		b->role = e->hsrp.role;
		break;
	case EV_CHILD_SA:
	case EV_CHILD_SA_REKEYED:
		for (unsigned i = 0; i < BOX_SAS; i++)
			if (b->sas[i].used && b->sas[i].child == e->child.child->id)
				b->sas[i].told = true;
		break;
	case EV_LINK:
		if (e->link.ifindex == OUTSIDE_IFINDEX)
			b->told_carrier = e->link.running;
		break;
	case EV_SNAPSHOT_BEGIN: b->told_vip = false; break;
	case EV_ADDRESS:
	case EV_ADDRESS_GONE:
		if (e->address.ifindex == VMAC_IFINDEX)
			b->told_vip = e->kind == EV_ADDRESS;
		break;
	case EV_SNAPSHOT_END:
		if (b->kernel_known)
			break;
		b->kernel_known = true;
		connect_later(w, router, CONNECT_HSRP);
		connect_later(w, router, CONNECT_CHARON);
		break;
	default: break;
	}
}

void engine_told(struct sim_world *w, struct sim_event *e)
{
	struct box *b = w->router[e->router].box;
	const struct told *t = e->owned;

	if (e->incarnation == b->incarnation && b->core && mono_before(w->now, b->stalled_until)) {
		queue_again(&w->queue, e, b->stalled_until);
		return;
	}
	if (e->incarnation == b->incarnation && b->core) {
		note(w, e->router, &t->e);
		engine_event(w, e->router, &t->e);
	}
	engine_drop(e);
	queue_drop(&w->queue, e);
}

/* --- Life -------------------------------------------------------------------------------------------------------------- */

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strncmp(name, "eth", 3) == 0;
}

static void type(struct sim_world *w, unsigned router, const char *lines)
{
	const struct cli_ops ops = {.device_exists = device_exists};
	struct text errors = {0};

	if (cli_load(w->router[router].box->model, &ops, "sim", lines, strlen(lines), &errors))
		check_fail(w, "configuration refused: %.200s", text_str(&errors));
	text_free(&errors);
}

/* Who it speaks IKE with, and how: the static entry finds a dead IKEv2 peer sooner than the dynamic map. */
static const char ikev1_lines[] =
	"crypto isakmp policy 10\n encryption aes\n authentication pre-share\n group 14\n"
	"crypto isakmp key secret address 0.0.0.0 0.0.0.0\ncrypto isakmp keepalive 10 2 periodic\n";
static const char ikev2_lines[] =
	"crypto ikev2 keyring KR\n peer ANY\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key secret\n"
	"crypto ikev2 profile SHORT\n match identity remote address 198.51.100.1 255.255.255.255\n"
	" authentication remote pre-share\n authentication local pre-share\n keyring local KR\n dpd 10 2 "
	"periodic\n"
	"crypto ikev2 profile LONG\n match identity remote address 0.0.0.0 0.0.0.0\n"
	" authentication remote pre-share\n authentication local pre-share\n keyring local KR\n dpd 10 5 "
	"periodic\n";

static const struct {
	const char *change, *back;
} edits[EDIT_COUNT] = {
	[EDIT_LINE] = {"ip access-list extended VPN\n no 20\n",
		"ip access-list extended VPN\n 20 permit ip 192.168.1.0 0.0.0.255 10.10.0.0 0.0.255.255\n"},
	[EDIT_DYNAMIC_RRI] = {"crypto dynamic-map dyn 10\n no reverse-route\n",
		"crypto dynamic-map dyn 10\n reverse-route\n"},
	[EDIT_STATIC_RRI] = {"crypto map m 1 ipsec-isakmp\n no reverse-route\n",
		"crypto map m 1 ipsec-isakmp\n reverse-route\n"},
	[EDIT_DYNAMIC] = {"no crypto map m 30\n", "crypto map m 30 ipsec-isakmp dynamic dyn\n"},
	[EDIT_STATIC] = {"crypto map m 1 ipsec-isakmp\n no match address VPN\n",
		"crypto map m 1 ipsec-isakmp\n match address VPN\n"},
	[EDIT_MAP] = {"interface eth0\n no crypto map\n", "interface eth0\n crypto map m redundancy G\n"},
	[EDIT_PEER] = {"crypto map m 1 ipsec-isakmp\n set peer 198.51.100.2\n",
		"crypto map m 1 ipsec-isakmp\n no set peer 198.51.100.2\n"},
	[EDIT_TRANSFORM] = {"crypto ipsec transform-set ts esp-aes 256 esp-sha-hmac\n",
		"crypto ipsec transform-set ts esp-aes esp-sha-hmac\n"},
	[EDIT_PER_SA] = {"hotswan reverse-route static-maps per-sa\n",
		"hotswan reverse-route static-maps always\n"},
};

static void type_everything(struct sim_world *w, unsigned router)
{
	bool ikev2 = w->plan->ikev2;
	char text[2048];

	snprintf(text, sizeof(text),
		"%scrypto ipsec transform-set ts esp-aes esp-sha-hmac\n"
		"ip access-list extended VPN\n 10 permit ip 192.168.1.0 0.0.0.255 10.9.0.0 0.0.255.255\n"
		" 20 permit ip 192.168.1.0 0.0.0.255 10.10.0.0 0.0.255.255\n"
		"crypto dynamic-map dyn 10\n set transform-set ts\n%s reverse-route\n"
		"crypto map m 1 ipsec-isakmp\n set peer 198.51.100.1\n set transform-set ts\n match address "
		"VPN\n"
		"%s%s%s reverse-route\n"
		"crypto map m 30 ipsec-isakmp dynamic dyn\n"
		"interface eth0\n ip address 10.0.0.%u 255.255.255.0\n standby 1 ip%s\n standby 1 name G\n"
		" crypto map m redundancy G\n",
		ikev2 ? ikev2_lines : ikev1_lines, ikev2 ? " set ikev2-profile LONG\n" : "",
		ikev2 ? " set ikev2-profile SHORT\n" : "",
		w->plan->idle ? " set security-association idle-time 60\n" : "",
		w->plan->per_host ? " set security-association level per-host\n" : "", router + 1,
		w->plan->router[router].learns && !world_follows(w, 0) ? "" : " 10.0.0.254");
	type(w, router, text);
	for (unsigned i = 0; i < EDIT_COUNT; i++)
		if (box_edited(w->router[router].box, i))
			type(w, router, edits[i].change);
}

bool box_edited(const struct box *b, enum box_edit edit)
{
	return b->edits & 1u << edit;
}

bool box_edited_lately(const struct sim_world *w, const struct box *b, enum box_edit edit)
{
	return box_edited(b, edit) ||
		(b->edited[edit].ns && mono_diff_ms(w->now, b->edited[edit]) < EDIT_SETTLES_MS);
}

enum box_edit engine_edit_of(const struct sim_fault *f)
{
	unsigned n = f->percent % (2 * EDIT_COUNT);

	return n < EDIT_COUNT ? n : EDIT_LINE; /* what is edited most */
}

void engine_edit(struct sim_world *w, unsigned router, enum box_edit edit, bool on)
{
	struct box *b = w->router[router].box;

	if (box_edited(b, edit) == on)
		return;
	b->edits ^= 1u << edit;
	b->edited[edit] = w->now;
	if (edit == EDIT_STATIC || edit == EDIT_MAP) /* nothing is protected */
		b->filter_once = false;
	if (!b->core)
		return; /* typed before it died: the journal has it */
	type(w, router, on ? edits[edit].change : edits[edit].back);
	engine_event(w, router, &(struct event){.kind = EV_CONFIG, .model = b->model});
}

void engine_start(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	world_trace(w, router, "engine starts");
	b->core = core_new();
	b->model = model_new();
	assert(b->core && b->model);
	b->kernel_known = b->hsrp_linked = b->loaded_static = b->stopping = b->stopped = false;
	b->role = b->reported = HSRP_ROLE_NONE;
	b->started = b->guarding = w->now;
	b->guards = false;
	for (unsigned i = 0; i < BOX_SAS; i++)
		b->sas[i].told = b->sas[i].said_silent = false;
	type_everything(w, router);
	engine_event(w, router, &(struct event){.kind = EV_DEMAND_HEARD, .heard = true});
	engine_event(w, router, &(struct event){.kind = EV_CONFIG, .model = b->model});
	netns_snapshot(w, router);
}

void engine_kill(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	if (!b->core)
		return;
	core_free(b->core);
	model_free(b->model);
	effects_free(&b->effects);
	b->core = NULL;
	b->model = NULL;
	b->incarnation++;
	b->hsrp_linked = false;
	world_wake(w, router, PROCESS_ENGINE, MONO_NEVER);
}
