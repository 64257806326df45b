/*
 * ESP for SAs that nobody has. After a takeover, and after the death of a charon, peers go on sending into SAs that ended
 * with it: their packets tell which of them have traffic, and how much. Those are asked first.
 *
 * The adapter listens for a bounded time and samples; a packet costs two look-ups here and a walk over the SAs that ended
 * lately, whatever is configured.
 */
#include "core/parts.h"

static void listen(struct core *c, struct binding *b, bool on)
{
	const struct group_rec *g = binding_group(c, b);
	struct effect *e = effects_add(c->out, EF_LISTEN);

	e->listen.on = on;
	e->listen.ifindex = b->listen_ifindex;
	e->listen.vmac_ifindex = g && g->vmac_ifindex ? g->vmac_ifindex : b->listen_ifindex;
	e->listen.address = b->listening;
}

void orphans_over(struct core *c, struct binding *b)
{
	timer_cancel(&c->timers, &b->listen_timer);
	if (!ip_is_set(&b->listening))
		return;
	listen(c, b, false);
	calls_end(c, b);
	b->listening = (struct ipaddr){0};
}

void orphans_listen(struct core *c, struct binding *b)
{
	if (!ip_is_set(&b->goal) || b->ifindex == 0)
		return;
	if (ip_is_set(&b->listening) &&
		(!ip_equal(&b->listening, &b->goal) || b->listen_ifindex != b->ifindex))
		orphans_over(c, b);
	b->listening = b->goal;
	b->listen_ifindex = b->ifindex;
	b->listen_epoch++;
	c->window = INITIATE_FRESH_FIRST; /* few at first: by the time they are up it is known who is busy */
	listen(c, b, true);
	core_arm(c, &b->listen_timer, TIMER_LISTEN, b, LISTEN_MS);
}

/* The peers' own detection is through with it; who asked for recovery is listened to for good. */
void orphans_timer(struct core *c, struct binding *b)
{
	if (!c->model->invalid_spi_recovery)
		orphans_over(c, b);
}

void orphans_configure(struct core *c)
{
	for (struct binding *b = c->bindings; b; b = b->hh.next) {
		bool wanted = c->model->invalid_spi_recovery && b->level >= LEVEL_ROUTES && !b->leaving;

		if (wanted && !ip_is_set(&b->listening))
			orphans_listen(c, b);
		else if (!c->model->invalid_spi_recovery && !timer_armed(&b->listen_timer))
			orphans_over(c, b);
	}
}

/* What IOS says, and as often. */
static void say(struct core *c, const struct event *e, mono_t *said)
{
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX];

	if (said->ns && mono_diff_ms(c->now, *said) < ORPHAN_SAY_MS)
		return;
	*said = c->now;
	core_log(c, SEV_WARNING, "CRYPTO-4-RECVD_PKT_INV_SPI",
		"decaps: rec'd IPSEC packet has invalid spi for destaddr=%s, prot=%d, spi=0x%08X(%u), "
		"srcaddr=%s",
		ip_format(&e->esp.local, local), e->esp.remote_port ? 17 : 50, e->esp.spi, e->esp.spi,
		ip_format(&e->esp.remote, remote));
}

static struct conn *conn_of_peer(const struct binding *b, const struct hop *peer)
{
	const struct list *link;

	for (link = peer->conns.next; link != &peer->conns; link = link->next) {
		struct conn *n = list_item(link, struct conn, in_peer);

		if (n->unit && n->unit->binding == b)
			return n;
	}
	return NULL;
}

static void count(struct core *c, const struct binding *b, struct conn *n, uint32_t packets)
{
	if (n->orphan_epoch != b->listen_epoch) {
		n->orphan_epoch = b->listen_epoch;
		n->orphans = 0;
		n->preferred = mono_add_ms(c->now, -INITIATE_BACKOFF_MS); /* may be at once */
	}
	n->orphans += packets;
	conn_rank(c, n);
}

static void prefer(struct core *c, struct conn *n, uint16_t port)
{
	if (mono_diff_ms(c->now, n->preferred) < INITIATE_BACKOFF_MS)
		return;
	n->preferred = c->now;
	conn_prefer(c, n, port);
	conn_rank(c, n);
}

void orphan_event(struct core *c, const struct event *e)
{
	const struct iface *i = iface_of_ifindex(c, e->esp.ifindex);
	struct binding *b = i ? i->binding : NULL;
	const struct hop *peer;
	struct conn *n;

	if (!b || !ip_is_set(&b->listening) || !ip_equal(&b->listening, &e->esp.local) ||
		sa_by_spi(c, e->esp.spi) || sa_ended_lately(c, e->esp.spi))
		return;
	peer = hop_find(c, &e->esp.remote);
	n = peer ? conn_of_peer(b, peer) : NULL;
	/* The end of an SA that was replaced; of several behind a NAT the call itself looks which one has an SA. */
	if (peer && peer->sas && (n || !call_port_is_nats(e->esp.remote_port)))
		return;
	if (n)
		count(c, b, n, e->esp.packets);
	if (e->esp.early)
		return;
	if (!n) {
		call_peer(c, b, &e->esp.remote, e->esp.remote_port);
		return;
	}
	say(c, e, &n->orphans_said);
	prefer(c, n, e->esp.remote_port);
}
