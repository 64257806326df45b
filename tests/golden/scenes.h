/* Facts for the golden tests: small worlds, built the way the engine builds them. */
#ifndef TESTS_GOLDEN_SCENES_H
#define TESTS_GOLDEN_SCENES_H

#include "show/show.h"

struct scene {
	struct model *model;
	struct facts facts;
};

typedef void (*scene_builder)(struct scene *s);

void scene_empty(struct scene *s);   /* a daemon without configuration */
void scene_active(struct scene *s);  /* the guide's HSRP example, active, tunnels up, IKEv1 */
void scene_hosts(struct scene *s);   /* scene_active with `level per-host`: two pairs of hosts, one rekeyed */
void scene_standby(struct scene *s); /* the same on the other router */
void scene_headend(struct scene *s); /* dynamic map, IKEv2 and IKEv1 peers, RRI, several interfaces */
void scene_idle(struct scene *s);    /* a dynamic map without peers */
void scene_stale(struct scene *s);   /* scene_active after `standby ip` was changed */
void scene_down(struct scene *s);    /* scene_active after the outside link was lost */
void scene_silent(struct scene *s);  /* scene_active, and nobody answers */
void scene_hostile(struct scene *s); /* every text as long as it can be, bytes that are no UTF-8 */
void scene_split(struct scene *s);   /* scene_active whose pair would split, and preempts too early */
void scene_split_ipv6(struct scene *s); /* … and whose IPv6 parts would split by their addresses */
void scene_tracks(struct scene *s);  /* scene_active with tracked objects of every kind */
void scene_interfaces(struct scene *s); /* scene_active whose devices have counted, with an ARP table */
void scene_hsrp(struct scene *s);    /* what standby interfaces and groups can have, key chains */
void scene_ipv6(struct scene *s);    /* standby groups of IPv6 */
void scene_free(struct scene *s);

struct ipaddr ip4(const char *text);
struct ipaddr ip6(const char *text);
struct prefix pfx(const char *text);

#endif
