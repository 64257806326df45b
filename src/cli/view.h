/*
 * What a show command asks for: the joint between the grammar, which fills it, and the views, which print it.
 */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "base/ip.h"
#include "model/model.h"

enum show_view {
	SHOW_STANDBY,		  /* [interface [group]] [all | brief] */
	SHOW_CRYPTO_MAP,	  /* [interface IF | tag NAME] */
	SHOW_CRYPTO_DYNAMIC_MAP,  /* [tag NAME] */
	SHOW_IPSEC_TRANSFORM_SET, /* [name] */
	SHOW_IPSEC_SA, /* [map M | address | identity | interface IF | peer A | active | standby] [detail] */
	SHOW_IPSEC_SA_COUNT,	 /* show crypto ipsec sa count */
	SHOW_IPSEC_SA_LIFETIME,	 /* show crypto ipsec security-association [lifetime] */
	SHOW_ISAKMP_SA,		 /* [detail | active | standby] */
	SHOW_ISAKMP_POLICY,	 /* */
	SHOW_ISAKMP_PEERS,	 /* [A.B.C.D] */
	SHOW_IKEV2_SA,		 /* show crypto ikev2 sa [detail] */
	SHOW_CRYPTO_SESSION,	 /* [remote A | local A | interface IF] [detail | brief] */
	SHOW_CRYPTO_ROUTE,	 /* */
	SHOW_IP_ROUTE,		 /* [A.B.C.D [mask] | static | connected | ospf] */
	SHOW_IP_INTERFACE_BRIEF, /* [interface] */
	SHOW_ACCESS_LISTS,	 /* [name]; IP lists are all there are */
	SHOW_VERSION,		 /* */
	SHOW_REDUNDANCY,	 /* [interface]; ours (D15) */
	SHOW_TRACK,		 /* [object | interface | ip route] [brief] */
	SHOW_KEY_CHAIN,		 /* [name] */
	SHOW_ISAKMP_SA_COUNT,	 /* show crypto isakmp sa count */
	SHOW_ISAKMP_DEFAULT_POLICY,
	SHOW_ISAKMP_KEY,	 /* without the keys (D16) */
	SHOW_IKEV2_SESSION,	 /* [detailed] */
	SHOW_IKEV2_PROPOSAL,	 /* [name] */
	SHOW_IKEV2_POLICY,	 /* [name] */
	SHOW_IKEV2_PROFILE,	 /* [name] */
	SHOW_ENGINE_CONNECTIONS, /* show crypto engine connections active */
	SHOW_CRYPTO_ELI,
	SHOW_CRYPTO_HA,
	SHOW_STANDBY_NEIGHBORS,	 /* [interface] */
	SHOW_STANDBY_DELAY,	 /* [interface] */
	SHOW_STANDBY_REDIRECT,	 /* [interface] */
	SHOW_STANDBY_INTERNAL,	 /* [interface] */
	SHOW_ROUTE_TRACKS,	 /* show ip route track-table */
	SHOW_STANDBY_CAPABILITY, /* [interface] */
	SHOW_HOTSWAN_INTERNAL,	 /* ours: the engine's counters */
	SHOW_INTERFACES,	 /* [interface] */
	SHOW_IP_INTERFACE,	 /* [interface] */
	SHOW_ARP,		 /* [address | interface] */
	SHOW_VIEW_COUNT
};

enum show_sa_choice {
	SHOW_SA_ALL,
	SHOW_SA_MAP,
	SHOW_SA_ADDRESS,
	SHOW_SA_IDENTITY,
	SHOW_SA_INTERFACE,
	SHOW_SA_PEER
};
enum show_route_choice { SHOW_ROUTE_ALL, SHOW_ROUTE_STATIC, SHOW_ROUTE_CONNECTED, SHOW_ROUTE_OSPF };
enum show_track_choice { SHOW_TRACK_ALL, SHOW_TRACK_INTERFACE, SHOW_TRACK_ROUTE };

/* What was typed behind the command's name. Zero: nothing. */
struct show_args {
	char interface[INTERFACE_NAME_MAX]; /* canonical, as in the model */
	bool group_set;
	uint16_t group;		 /* or a tracked object */
	char name[NAME_MAX_LEN]; /* tag, map, transform set, access list: by the view */
	struct ipaddr address;	 /* peer, or the address to look up in the routing table */
	bool address_len_set;	 /* `show ip route A.B.C.D MASK` */
	uint8_t address_len;
	struct ipaddr local; /* sessions of this endpoint */
	bool detail, brief, all;
	bool standby; /* what a standby router holds of the active one's: nothing, as no state is transferred */
	enum show_sa_choice sa;
	enum show_route_choice route;
	enum show_track_choice track;
};

#endif
