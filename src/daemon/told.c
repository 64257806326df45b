#include "daemon/told.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "daemon/engine_state.h"
#include "daemon/log.h"

/* As IOS says it; the rule that logs is limited, so these lines are, too. */
static void say(const struct nflog_packet *p)
{
	char source[IP_TEXT_MAX], destination[IP_TEXT_MAX];

	log_ios("CRYPTO", LOG_SEV_WARNING, "RECVD_PKT_NOT_IPSEC",
		"Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /%s, src_addr= %s, prot= %u",
		ip_format(&p->destination, destination), ip_format(&p->source, source), p->protocol);
}

static void on_packet(void *arg, const struct nflog_packet *p)
{
	struct event event = {.kind = EV_DEMAND};

	if (!p->demand) {
		say(p);
		return;
	}
	event.demand.ifindex = p->ifindex;
	event.demand.source = p->source;
	event.demand.destination = p->destination;
	event.demand.protocol = p->protocol;
	event.demand.source_port = p->source_port;
	event.demand.destination_port = p->destination_port;
	engine_event(arg, &event);
}

static void tell_heard(struct engine *e, bool heard)
{
	struct event event = {.kind = EV_DEMAND_HEARD, .heard = heard};

	engine_event(e, &event);
}

void told_stop(struct engine *e)
{
	loop_unwatch(e->nflog_watch);
	nflog_close(e->nflog);
	e->nflog_watch = NULL;
	e->nflog = NULL;
}

static void on_nflog_readable(void *ctx, uint32_t events)
{
	struct engine *e = ctx;
	int r = nflog_readable(e->nflog);

	(void)events;
	if (r < 0) {
		log_ios("CRYPTO", LOG_SEV_WARNING, "FILTER",
			"Packets that should have been IPsec are counted, but no longer told: %s",
			strerror(-r));
		told_stop(e);
		tell_heard(e, false);
	}
}

void told_start(struct engine *e)
{
	int r = nflog_open(&e->nflog, on_packet, e);

	if (r == 0) {
		e->nflog_watch =
			loop_watch(e->loop, nflog_fd(e->nflog), EPOLLIN, LOOP_NORMAL, on_nflog_readable, e);
		r = e->nflog_watch ? 0 : -errno;
	}
	if (r < 0) {
		log_ios("CRYPTO", LOG_SEV_NOTICE, "FILTER",
			"Packets that should have been IPsec are counted, but not told, and no SA rests: the "
			"kernel has no "
			"nfnetlink_log (%s)",
			strerror(-r));
		told_stop(e);
		return;
	}
	tell_heard(e, filter_can_log(e->filter));
}
