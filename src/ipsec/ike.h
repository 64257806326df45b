/*
 * What IKE is asked to have, and what it reports: the vocabulary between the cores and the adapter of charon.
 *
 * Owns:  the structs and their deep copies.
 * Never: knows VICI; src/linux/ike.c translates.
 *
 * Names: connection hs/<interface>/<map>/<seq>/<peer>, child l<access list sequence>. A dynamic map's connection ends in
 * /any, or /any-<profile> for its entries with an IKEv2 profile; its children are d<template>, or d<template>l<sequence>
 * where the template has an access list. They are the same on both routers of a pair.
 */
#ifndef IPSEC_IKE_H
#define IPSEC_IKE_H

#include "base/ip.h"

#include <stdint.h>

enum {
	IKE_CONN_NAME_MAX = 256,
	IKE_CHILD_NAME_MAX = 24,
	IKE_ID_MAX = 128,
	IKE_PROPOSALS_MAX = 1024, /* comma-separated charon proposals */
};

/* One side of a child's traffic selector. */
struct ike_selector {
	struct prefix prefix;
	uint8_t protocol; /* 0: any */
	struct ports ports;
};

struct ike_child {
	char name[IKE_CHILD_NAME_MAX];
	struct ike_selector local, remote;
	char esp_proposals[IKE_PROPOSALS_MAX]; /* "aes128-sha1-modp2048,aes128-sha1" in order of preference */
	bool transport;
	uint32_t life_time_s, rekey_time_s;
	uint64_t life_bytes, rekey_bytes; /* 0: no limit */
	uint16_t replay_window;		  /* packets; 0: no replay detection */
	bool clear_df;			  /* of the outer header; else copied from the inner one */
	bool pass;	 /* no SA: what it selects passes the tunnels around it in clear. These come last */
	uint32_t idle_s; /* closed when nothing passed for that long; 0: never. The core's business */
	bool per_host;	 /* an SA for each pair of hosts, when one asks for it. The core's business */
	bool idle_to_default; /* … and the entry goes back to its default peer */
};

/* A connection that charon shall have. Owned by whoever made it; children is malloc'ed. */
struct ike_conn {
	char name[IKE_CONN_NAME_MAX];
	uint8_t version;      /* 1 or 2 (D11) */
	struct ipaddr local;  /* tunnel endpoint and identity */
	struct ipaddr remote; /* not set: any (dynamic map) */
	uint16_t remote_port; /* a NAT's, where our packets from port 4500 get in; 0: IKE's own */
	char local_id[IKE_ID_MAX], remote_id[IKE_ID_MAX]; /* remote_id "": any */
	char proposals[IKE_PROPOSALS_MAX];
	uint32_t dpd_delay_s;	  /* S: silence before a probe; 0: no dead peer detection */
	uint32_t dpd_timeout_s;	  /* 5 R: from the unanswered probe to death (R3: S + 5 R + 1 s in all) */
	uint32_t lifetime_s;	  /* of the IKE SA */
	uint32_t nat_keepalive_s; /* 0: charon's own. It has one for all connections: they agree */
	struct ike_child *children;
	uint32_t child_count;
};

/* A pre-shared key that charon shall have. */
struct ike_secret {
	char id[IKE_CONN_NAME_MAX]; /* unique, ours */
	struct prefix owners;	    /* the peers it is for; length 0: any, unless there is an .owner_id */
	char owner_id[IKE_ID_MAX];  /* and the identity it is for, in charon's words; "": none */
	char *key;		    /* octets; owned; wiped before it is freed */
	size_t key_len;
};

enum ike_sa_state { IKE_SA_CONNECTING, IKE_SA_ESTABLISHED, IKE_SA_DELETING, IKE_SA_OTHER };
enum child_sa_state {
	CHILD_SA_OTHER,
	CHILD_SA_INSTALLED,
	CHILD_SA_REKEYING,
	CHILD_SA_REKEYED,
	CHILD_SA_DELETING
};

/* A CHILD_SA as charon reports it, with the IKE_SA it belongs to. */
struct child_sa {
	uint32_t incarnation; /* of charon: unique ids start anew with it */
	uint32_t id;	      /* CHILD_SA unique id */
	uint32_t ike_id;      /* IKE_SA unique id */
	char conn[IKE_CONN_NAME_MAX];
	char child[IKE_CHILD_NAME_MAX];
	enum child_sa_state state;
	struct ike_selector local[8], remote[8]; /* what was negotiated */
	uint8_t local_count, remote_count;
	uint32_t spi_in, spi_out;
	bool udp_encap, transport;
	char encr[24], integ[24], dh[24]; /* charon's names: AES_CBC, HMAC_SHA1_96, MODP_2048 */
	uint16_t encr_bits;
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
	/* What the SAs before it in its flow counted, since `clear crypto sa counters`: added to the own counters. Filled in
	 * by the engine for show, never by charon. */
	int64_t packets_in_before, packets_out_before;
	int64_t use_in_s, use_out_s;	    /* seconds since last use; -1 never */
	int64_t install_s, rekey_s, life_s; /* seconds: since installed, until rekey, until end; -1 unknown */
	struct ipaddr local_host, remote_host;
	uint16_t local_port, remote_port;
};

/* An IKE_SA as charon reports it. */
struct ike_sa {
	uint32_t incarnation;
	uint32_t id; /* IKE_SA unique id */
	char conn[IKE_CONN_NAME_MAX];
	uint8_t version;
	enum ike_sa_state state;
	bool initiator;
	char local_id[IKE_ID_MAX], remote_id[IKE_ID_MAX];
	struct ipaddr local_host, remote_host;
	uint16_t local_port, remote_port;
	uint64_t spi_i, spi_r;
	bool nat_local, nat_remote;
	bool called; /* charon's name of the connection goes on with a blank and the peer (core/calls.c) */
	char encr[24], integ[24], prf[24], dh[24];
	uint16_t encr_bits;
	int64_t established_s, rekey_s, reauth_s; /* seconds since / until; -1 unknown */
	bool request_pending;			  /* a request of ours waits for the peer's answer */
};

bool ike_conn_copy(struct ike_conn *to, const struct ike_conn *from); /* false on exhaustion */
void ike_conn_clear(struct ike_conn *c);			      /* frees what it owns */
bool ike_conn_equal(const struct ike_conn *a, const struct ike_conn *b);
/* Equal digests mean equal values, for all that charon is told. The key itself never leaves its secret. */
uint64_t ike_conn_digest(const struct ike_conn *c);
uint64_t ike_child_digest(const struct ike_child *c);
uint64_t ike_secret_digest(const struct ike_secret *s);
bool ike_secret_copy(struct ike_secret *to, const struct ike_secret *from);
void ike_secret_clear(struct ike_secret *s); /* wipes and frees */

#endif
