/*
 * Flows and sessions: what a crypto map protects, walked in the order of interface, entry, access list line.
 *
 * Owns:  nothing; a walk's position is a few indices, so that it can be interrupted at any point.
 * Never: prints.
 *
 * A flow is an access list line of a static entry with the SAs of one peer (or with none), a pair of hosts of such a line
 * (`level per-host`), or what the SAs of a dynamic entry negotiated. A session is a peer: its IKE_SA, if any, and its flows.
 */
#ifndef SHOW_FLOW_H
#define SHOW_FLOW_H

#include "show/view.h"

struct flow_ident {
	struct ipaddr addr, mask;
	uint8_t protocol;
	uint16_t port;
};

struct flow {
	const struct interface_cfg *interface;
	const struct crypto_map *map;
	const struct crypto_map_entry *entry;	 /* of the map */
	const struct crypto_map_entry *template; /* whose policy holds: the entry, or its template */
	bool dynamic;
	struct flow_ident local, remote;
	struct ipaddr peer; /* may be not set */
	uint16_t peer_port;
	const struct child_sa *sas; /* those that count, oldest first */
	size_t sa_count;
};

struct session {
	const struct interface_cfg *interface;
	const struct crypto_map *map;
	const struct crypto_map_entry *entry;
	bool dynamic;
	struct ipaddr peer;
	const struct ike_sa *ike; /* the best one; NULL: none */
	size_t child_count;	  /* CHILD_SAs that are up */
	char conn[CONN_NAME_MAX];
	char profile[NAME_MAX_LEN]; /* IKEv2 profile; "": IKEv1 */
};

/* A position; zero at the start. */
struct walk {
	size_t at[5];
};

/* Whether an interface has a crypto map and is meant by the arguments. */
bool interface_chosen(const struct show_args *a, const struct interface_cfg *i);

/* The next one; `only` restricts: interface, map (SHOW_SA_MAP) and peer (SHOW_SA_PEER) of the arguments. */
bool flow_next(const struct facts *f, const struct show_args *only, struct walk *w, struct flow *out);
bool session_next(const struct facts *f, const struct show_args *only, struct walk *w, struct session *out);
/* The flows of one session, in turn; *at begins with 0. */
bool session_flow_next(const struct facts *f, const struct session *s, struct walk *w, struct flow *out);

/* Packets that its SAs and those before them carried, since the counters were cleared. */
uint64_t flow_packets(const struct flow *f, bool inbound);

/* Whether a CHILD_SA still protects something: up, or replaced and not yet deleted. */
bool child_counts(const struct child_sa *sa);

/* The local endpoint in force on an interface: the binding's, else the configured address; may be not set. */
struct ipaddr local_endpoint(const struct facts *f, const struct interface_cfg *i);

/* The peer in use of a static entry: the one with an IKE_SA, else the default one, else the first; NULL: none. */
const struct ipaddr *entry_peer(
	const struct facts *f, const char *interface, const char *map, const struct crypto_map_entry *e);

#endif
