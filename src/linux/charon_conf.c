/* The text of charon's configuration: see charon.h. Pure. */
#include "linux/charon.h"

#include <stddef.h>
#include <string.h>

enum {
	RETRANSMIT_FIRST_MS =
		1000, /* the first repetition comes soon also where the whole schedule is long */
	RETRANSMIT_TRIES = 6,
	RETRANSMIT_TOTAL_MIN_MS = (RETRANSMIT_TRIES + 1) * RETRANSMIT_FIRST_MS,
};

/* What IKE with pre-shared keys needs; what a distribution does not have is skipped by charon. openssl comes first: it is
 * the fastest, and it reports what it cannot do (DES, MD5 without its legacy provider) so that others step in. */
static const char crypto_plugins[] =
	"openssl random nonce aes sha1 sha2 md5 hmac kdf cmac xcbc ccm gcm gmp curve25519";

void charon_conf(struct text *out, const struct charon_options *o)
{
	/* The order counts: the first kernel plugin that can do IPsec does it. */
	const char *kernel = o->kernel_esp ? "kernel-netlink" : "kernel-libipsec kernel-netlink";
	/* kernel-libipsec needs its routes into the TUN device whatever install_routes says: they live in a table of ours. */
	int table = o->kernel_esp ? 0 : CHARON_TABLE;

	text_printf(out,
		"# Written by hotswand at every start of charon.\n"
		"charon-systemd {\n"
		"	load = %s %s socket-default counters vici\n"
		"	threads = 32\n"
		"	ikesa_table_size = 4096\n"
		"	ikesa_table_segments = 64\n"
		"	# hotswand owns routes, addresses and the reaction to their changes\n"
		"	install_routes = no\n"
		"	install_virtual_ip = no\n"
		"	routing_table = %d\n"
		"	routing_table_prio = %d\n"
		"	# a headend whose peers all come back at once is no attack\n"
		"	cookie_threshold = 512\n"
		"	block_threshold = 32\n"
		"	half_open_timeout = 30\n"
		"	# a rekeyed SA does not linger\n"
		"	delete_rekeyed = yes\n"
		"	include retransmit.conf\n"
		"	plugins {\n"
		"		vici {\n"
		"			socket = unix://%s/charon/charon.vici\n"
		"		}\n"
		"		kernel-netlink {\n"
		"			roam_events = no\n"
		"		}\n"
		"	}\n"
		"	journal {\n"
		"		default = -1\n"
		"	}\n"
		"	filelog {\n"
		"		hotswan {\n"
		"			path = %s/charon/charon.log\n"
		"			append = yes\n"
		"			flush_line = yes\n"
		"			ike_name = yes\n"
		"			time_format = %%FT%%T\n"
		"			time_add_ms = yes\n"
		"			# level 1 tells why a peer was refused; keys appear from level 4 on\n"
		"			default = 1\n"
		"			enc = 0\n"
		"			net = 0\n"
		"			asn = 0\n"
		"		}\n"
		"	}\n"
		"}\n",
		crypto_plugins, kernel, table, table, o->run_dir, o->run_dir);
}

/* How long charon waits in all with this base: after the message and after each repetition. */
static double schedule_ms(double base)
{
	double wait = RETRANSMIT_FIRST_MS, sum = 0;

	for (int i = 0; i <= RETRANSMIT_TRIES; i++, wait *= base)
		sum += wait;
	return sum;
}

void charon_retransmit_conf(struct text *out, uint32_t total_ms, uint32_t nat_keepalive_s)
{
	double low = 1, high = 10; /* 10: 1,111,111 s, more than any configuration asks for */

	if (nat_keepalive_s)
		text_printf(out, "keep_alive = %us\n", nat_keepalive_s);
	if (total_ms <= RETRANSMIT_TOTAL_MIN_MS) { /* evenly */
		text_printf(out, "retransmit_timeout = %.4f\nretransmit_base = 1\nretransmit_tries = %d\n",
			total_ms / 1000.0 / (RETRANSMIT_TRIES + 1), RETRANSMIT_TRIES);
		return;
	}
	for (int i = 0; i < 40; i++) {
		double middle = (low + high) / 2;
		if (schedule_ms(middle) < total_ms)
			low = middle;
		else
			high = middle;
	}
	text_printf(out, "retransmit_timeout = %.1f\nretransmit_base = %.6f\nretransmit_tries = %d\n",
		RETRANSMIT_FIRST_MS / 1000.0, low, RETRANSMIT_TRIES);
}
