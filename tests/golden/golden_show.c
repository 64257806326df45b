/*
 * Every view against a file: what an operator and his tools see, byte for byte.
 *
 * golden_show DIR            compares, prints differences, ends with "N passed, N failed"
 * golden_show DIR --update   writes the files; read the difference before committing
 * golden_show DIR --json F   one JSON document per line of all views in all scenes, for another parser to read
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenes.h"

#define NONE                                                                                                 \
	{                                                                                                    \
		.all = false                                                                                 \
	}

static const struct golden {
	const char *file;
	scene_builder scene;
	enum show_view view;
	struct show_args args;
	bool json;
} cases[] = {
	{"standby_active", scene_active, SHOW_STANDBY, NONE, false},
	{"standby_standby", scene_standby, SHOW_STANDBY, NONE, false},
	{"standby_version2_all", scene_headend, SHOW_STANDBY, {.all = true}, false},
	{"standby_interface", scene_headend, SHOW_STANDBY,
		{.interface = "eth7", .group_set = true, .group = 300}, false},
	{"standby_brief_active", scene_active, SHOW_STANDBY, {.brief = true}, false},
	{"standby_brief_standby", scene_standby, SHOW_STANDBY, {.brief = true}, false},
	{"standby_brief_headend", scene_headend, SHOW_STANDBY, {.brief = true, .all = true}, false},
	{"standby_more", scene_hsrp, SHOW_STANDBY, NONE, false},
	{"standby_ipv6", scene_ipv6, SHOW_STANDBY, NONE, false},
	{"standby_ipv6_json", scene_ipv6, SHOW_STANDBY, NONE, true},
	{"standby_brief_ipv6", scene_ipv6, SHOW_STANDBY, {.brief = true}, false},
	{"standby_down", scene_down, SHOW_STANDBY, NONE, false},
	{"redundancy_down", scene_down, SHOW_REDUNDANCY, NONE, false},
	{"standby_empty", scene_empty, SHOW_STANDBY, NONE, false},
	{"standby_brief_empty", scene_empty, SHOW_STANDBY, {.brief = true}, false},
	{"standby_silent", scene_silent, SHOW_STANDBY, NONE, false},
	{"standby_json", scene_active, SHOW_STANDBY, NONE, true},
	{"crypto_map_active", scene_active, SHOW_CRYPTO_MAP, NONE, false},
	{"crypto_map_stale", scene_stale, SHOW_CRYPTO_MAP, NONE, false},
	{"crypto_map_headend", scene_headend, SHOW_CRYPTO_MAP, NONE, false},
	{"crypto_map_tag", scene_headend, SHOW_CRYPTO_MAP, {.name = "nosuch"}, false},
	{"crypto_map_interface", scene_active, SHOW_CRYPTO_MAP, {.interface = "FastEthernet0/0"}, false},
	{"crypto_map_silent", scene_silent, SHOW_CRYPTO_MAP, NONE, false},
	{"crypto_map_empty", scene_empty, SHOW_CRYPTO_MAP, NONE, false},
	{"crypto_dynamic_map", scene_headend, SHOW_CRYPTO_DYNAMIC_MAP, NONE, false},
	{"crypto_dynamic_map_tag", scene_headend, SHOW_CRYPTO_DYNAMIC_MAP, {.name = "other"}, false},
	{"transform_set", scene_headend, SHOW_IPSEC_TRANSFORM_SET, NONE, false},
	{"transform_set_one", scene_headend, SHOW_IPSEC_TRANSFORM_SET, {.name = "gcm"}, false},
	{"sa_lifetime", scene_headend, SHOW_IPSEC_SA_LIFETIME, NONE, false},
	{"ipsec_sa_active", scene_active, SHOW_IPSEC_SA, NONE, false},
	{"ipsec_sa_active_detail", scene_active, SHOW_IPSEC_SA, {.detail = true}, false},
	{"ipsec_sa_standby", scene_standby, SHOW_IPSEC_SA, NONE, false},
	{"ipsec_sa_idle", scene_idle, SHOW_IPSEC_SA, NONE, false},
	{"crypto_map_idle", scene_idle, SHOW_CRYPTO_MAP, NONE, false},
	{"ipsec_sa_headend", scene_headend, SHOW_IPSEC_SA, NONE, false},
	{"ipsec_sa_identity", scene_headend, SHOW_IPSEC_SA, {.sa = SHOW_SA_IDENTITY}, false},
	{"ipsec_sa_address", scene_headend, SHOW_IPSEC_SA, {.sa = SHOW_SA_ADDRESS, .detail = true}, false},
	{"ipsec_sa_peer", scene_headend, SHOW_IPSEC_SA, {.sa = SHOW_SA_PEER}, false},
	{"ipsec_sa_map_other", scene_headend, SHOW_IPSEC_SA, {.sa = SHOW_SA_MAP, .name = "other"}, false},
	{"ipsec_sa_silent", scene_silent, SHOW_IPSEC_SA, NONE, false},
	{"ipsec_sa_empty", scene_empty, SHOW_IPSEC_SA, NONE, false},
	{"ipsec_sa_hosts", scene_hosts, SHOW_IPSEC_SA, NONE, false},
	{"ipsec_sa_hosts_json", scene_hosts, SHOW_IPSEC_SA, NONE, true},
	{"ipsec_sa_count", scene_headend, SHOW_IPSEC_SA_COUNT, NONE, false},
	{"isakmp_sa_active", scene_active, SHOW_ISAKMP_SA, NONE, false},
	{"isakmp_sa_active_detail", scene_active, SHOW_ISAKMP_SA, {.detail = true}, false},
	{"isakmp_sa_headend", scene_headend, SHOW_ISAKMP_SA, NONE, false},
	{"isakmp_sa_headend_detail", scene_headend, SHOW_ISAKMP_SA, {.detail = true}, false},
	{"isakmp_sa_empty", scene_empty, SHOW_ISAKMP_SA, NONE, false},
	{"isakmp_sa_silent", scene_silent, SHOW_ISAKMP_SA, NONE, false},
	{"isakmp_peers", scene_headend, SHOW_ISAKMP_PEERS, NONE, false},
	{"isakmp_policy", scene_active, SHOW_ISAKMP_POLICY, NONE, false},
	{"isakmp_policy_empty", scene_empty, SHOW_ISAKMP_POLICY, NONE, false},
	{"ikev2_sa_detail", scene_headend, SHOW_IKEV2_SA, {.detail = true}, false},
	{"ikev2_sa_empty", scene_empty, SHOW_IKEV2_SA, NONE, false},
	{"session_active", scene_active, SHOW_CRYPTO_SESSION, NONE, false},
	{"session_active_detail", scene_active, SHOW_CRYPTO_SESSION, {.detail = true}, false},
	{"session_standby_detail", scene_standby, SHOW_CRYPTO_SESSION, {.detail = true}, false},
	{"session_headend", scene_headend, SHOW_CRYPTO_SESSION, NONE, false},
	{"session_headend_detail", scene_headend, SHOW_CRYPTO_SESSION, {.detail = true}, false},
	{"session_headend_brief", scene_headend, SHOW_CRYPTO_SESSION, {.brief = true}, false},
	{"session_hosts", scene_hosts, SHOW_CRYPTO_SESSION, {.detail = true}, false},
	{"session_empty", scene_empty, SHOW_CRYPTO_SESSION, NONE, false},
	{"session_local", scene_headend, SHOW_CRYPTO_SESSION,
		{.local = {.family = IP_V4, .bytes = {9, 9, 9, 9}}}, false},
	{"session_remote_detail", scene_headend, SHOW_CRYPTO_SESSION,
		{.sa = SHOW_SA_PEER, .address = {.family = IP_V4, .bytes = {203, 0, 113, 9}}, .detail = true},
		false},
	{"ipsec_sa_standby_choice", scene_active, SHOW_IPSEC_SA, {.standby = true}, false},
	{"isakmp_sa_standby_choice", scene_active, SHOW_ISAKMP_SA, {.standby = true}, false},
	{"isakmp_sa_count", scene_headend, SHOW_ISAKMP_SA_COUNT, NONE, false},
	{"isakmp_peers_one", scene_headend, SHOW_ISAKMP_PEERS,
		{.address = {.family = IP_V4, .bytes = {9, 9, 9, 9}}}, false},
	{"isakmp_default_policy", scene_empty, SHOW_ISAKMP_DEFAULT_POLICY, NONE, false},
	{"isakmp_key", scene_headend, SHOW_ISAKMP_KEY, NONE, false},
	{"ikev2_session", scene_headend, SHOW_IKEV2_SESSION, NONE, false},
	{"ikev2_session_empty", scene_empty, SHOW_IKEV2_SESSION, NONE, false},
	{"ikev2_proposal", scene_headend, SHOW_IKEV2_PROPOSAL, NONE, false},
	{"ikev2_policy", scene_headend, SHOW_IKEV2_POLICY, NONE, false},
	{"ikev2_profile", scene_headend, SHOW_IKEV2_PROFILE, NONE, false},
	{"engine_connections", scene_headend, SHOW_ENGINE_CONNECTIONS, NONE, false},
	{"crypto_eli", scene_headend, SHOW_CRYPTO_ELI, NONE, false},
	{"crypto_ha", scene_active, SHOW_CRYPTO_HA, NONE, false},
	{"hotswan_internal", scene_headend, SHOW_HOTSWAN_INTERNAL, NONE, false},
	{"hotswan_internal_json", scene_headend, SHOW_HOTSWAN_INTERNAL, NONE, true},
	{"crypto_route_active", scene_active, SHOW_CRYPTO_ROUTE, NONE, false},
	{"crypto_route_standby", scene_standby, SHOW_CRYPTO_ROUTE, NONE, false},
	{"crypto_route_headend", scene_headend, SHOW_CRYPTO_ROUTE, NONE, false},
	{"crypto_route_empty", scene_empty, SHOW_CRYPTO_ROUTE, NONE, false},
	{"ip_route_active", scene_active, SHOW_IP_ROUTE, NONE, false},
	{"ip_route_standby", scene_standby, SHOW_IP_ROUTE, NONE, false},
	{"ip_route_headend", scene_headend, SHOW_IP_ROUTE, NONE, false},
	{"ip_route_static", scene_headend, SHOW_IP_ROUTE, {.route = SHOW_ROUTE_STATIC}, false},
	{"ip_route_connected", scene_headend, SHOW_IP_ROUTE, {.route = SHOW_ROUTE_CONNECTED}, false},
	{"ip_route_ospf", scene_headend, SHOW_IP_ROUTE, {.route = SHOW_ROUTE_OSPF}, false},
	{"ip_route_empty", scene_empty, SHOW_IP_ROUTE, NONE, false},
	{"ip_route_silent", scene_silent, SHOW_IP_ROUTE, NONE, false},
	{"ip_route_lookup_injected", scene_headend, SHOW_IP_ROUTE,
		{.address = {.family = IP_V4, .bytes = {10, 60, 2, 9}}}, false},
	{"ip_route_lookup_ospf", scene_headend, SHOW_IP_ROUTE,
		{.address = {.family = IP_V4, .bytes = {10, 99, 1, 1}}}, false},
	{"ip_route_lookup_connected", scene_headend, SHOW_IP_ROUTE,
		{.address = {.family = IP_V4, .bytes = {198, 51, 100, 77}}}, false},
	{"ip_route_lookup_tag", scene_headend, SHOW_IP_ROUTE,
		{.address = {.family = IP_V4, .bytes = {172, 16, 4, 0}},
			.address_len_set = true,
			.address_len = 24},
		false},
	{"ip_route_lookup_default", scene_headend, SHOW_IP_ROUTE,
		{.address = {.family = IP_V4, .bytes = {0}}}, false},
	{"ip_route_lookup_none", scene_headend, SHOW_IP_ROUTE,
		{.address = {.family = IP_V4, .bytes = {9, 9, 9, 9}}}, false},
	{"ip_route_lookup_subnet", scene_headend, SHOW_IP_ROUTE,
		{.address = {.family = IP_V4, .bytes = {10, 99, 0, 0}},
			.address_len_set = true,
			.address_len = 17},
		false},
	{"ip_route_json", scene_active, SHOW_IP_ROUTE, NONE, true},
	{"ip_interface_brief", scene_headend, SHOW_IP_INTERFACE_BRIEF, NONE, false},
	{"ip_interface_brief_one", scene_headend, SHOW_IP_INTERFACE_BRIEF, {.interface = "eth7"}, false},
	{"interfaces", scene_interfaces, SHOW_INTERFACES, NONE, false},
	{"interfaces_one", scene_interfaces, SHOW_INTERFACES, {.interface = "FastEthernet0/0"}, false},
	{"interfaces_down", scene_down, SHOW_INTERFACES, NONE, false},
	{"interfaces_silent", scene_silent, SHOW_INTERFACES, NONE, false},
	{"interfaces_json", scene_interfaces, SHOW_INTERFACES, NONE, true},
	{"ip_interface", scene_interfaces, SHOW_IP_INTERFACE, NONE, false},
	{"ip_interface_version2", scene_headend, SHOW_IP_INTERFACE, {.interface = "eth7"}, false},
	{"arp", scene_interfaces, SHOW_ARP, NONE, false},
	{"arp_one", scene_interfaces, SHOW_ARP, {.address = {.family = IP_V4, .bytes = {192, 168, 0, 250}}},
		false},
	{"arp_interface", scene_interfaces, SHOW_ARP, {.interface = "eth9"}, false},
	{"arp_json", scene_interfaces, SHOW_ARP, NONE, true},
	{"access_lists", scene_headend, SHOW_ACCESS_LISTS, NONE, false},
	{"access_lists_one", scene_active, SHOW_ACCESS_LISTS, {.name = "102"}, false},
	{"version", scene_active, SHOW_VERSION, NONE, false},
	{"version_ios", scene_headend, SHOW_VERSION, NONE, false},
	{"standby_neighbors", scene_hsrp, SHOW_STANDBY_NEIGHBORS, NONE, false},
	{"standby_neighbors_json", scene_hsrp, SHOW_STANDBY_NEIGHBORS, NONE, true},
	{"standby_delay", scene_hsrp, SHOW_STANDBY_DELAY, NONE, false},
	{"standby_delay_one", scene_hsrp, SHOW_STANDBY_DELAY, {.interface = "GigabitEthernet0/2"}, false},
	{"standby_redirect", scene_hsrp, SHOW_STANDBY_REDIRECT, NONE, false},
	{"standby_capability", scene_headend, SHOW_STANDBY_CAPABILITY, NONE, false},
	{"standby_capability_json", scene_headend, SHOW_STANDBY_CAPABILITY, NONE, true},
	{"standby_internal", scene_hsrp, SHOW_STANDBY_INTERNAL, NONE, false},
	{"standby_internal_json", scene_hsrp, SHOW_STANDBY_INTERNAL, NONE, true},
	{"standby_internal_silent", scene_silent, SHOW_STANDBY_INTERNAL, NONE, false},
	{"key_chain", scene_hsrp, SHOW_KEY_CHAIN, NONE, false},
	{"key_chain_one", scene_hsrp, SHOW_KEY_CHAIN, {.name = "EMPTY"}, false},
	{"key_chain_json", scene_hsrp, SHOW_KEY_CHAIN, NONE, true},
	{"redundancy_active", scene_active, SHOW_REDUNDANCY, NONE, false},
	{"redundancy_standby", scene_standby, SHOW_REDUNDANCY, NONE, false},
	{"redundancy_stale", scene_stale, SHOW_REDUNDANCY, NONE, false},
	{"redundancy_empty", scene_empty, SHOW_REDUNDANCY, NONE, false},
	{"track", scene_tracks, SHOW_TRACK, NONE, false},
	{"track_one", scene_tracks, SHOW_TRACK, {.group_set = true, .group = 2}, false},
	{"track_interface", scene_tracks, SHOW_TRACK, {.track = SHOW_TRACK_INTERFACE}, false},
	{"track_brief", scene_tracks, SHOW_TRACK, {.brief = true}, false},
	{"track_route_brief", scene_tracks, SHOW_TRACK, {.track = SHOW_TRACK_ROUTE, .brief = true}, false},
	{"track_empty", scene_empty, SHOW_TRACK, NONE, false},
	{"track_json", scene_tracks, SHOW_TRACK, NONE, true},
	{"ip_route_track_table", scene_tracks, SHOW_ROUTE_TRACKS, NONE, false},
	{"ip_route_track_table_json", scene_tracks, SHOW_ROUTE_TRACKS, NONE, true},
	{"standby_split", scene_split, SHOW_STANDBY, NONE, false},
	{"redundancy_split", scene_split, SHOW_REDUNDANCY, NONE, false},
	{"redundancy_split_ipv6", scene_split_ipv6, SHOW_REDUNDANCY, NONE, false},
	{"standby_split_ipv6", scene_split_ipv6, SHOW_STANDBY, NONE, false},
	{"standby_tracks", scene_tracks, SHOW_STANDBY, NONE, false},
	{"redundancy_json", scene_stale, SHOW_REDUNDANCY, NONE, true},
};

static struct scene open_scene(scene_builder build)
{
	struct scene s = {.model = model_new()};

	s.facts.model = s.model;
	build(&s);
	return s;
}

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	struct text t = {0};
	char buf[4096];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		text_add_n(&t, buf, n);
	fclose(f);
	return t.s ? text_take(&t) : str_dup("");
}

static bool write_all(const char *path, const char *s)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	bool ok = fputs(s, f) >= 0;
	return fclose(f) == 0 && ok;
}

static void print_difference(const char *want, const char *got)
{
	for (unsigned line = 1; *want || *got; line++) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");
		if (w != g || memcmp(want, got, w) != 0) {
			printf("  line %u\n  want |%.*s|\n  got  |%.*s|\n", line, (int)w, want, (int)g, got);
			return;
		}
		want += w + (want[w] == '\n');
		got += g + (got[g] == '\n');
	}
	printf("  they differ in the last line end\n");
}

/* In slices of one entry each: what is printed must not depend on where it was interrupted. */
static void run_sliced(const struct golden *g, const struct facts *f, struct text *out)
{
	struct show s;

	show_begin(&s, g->view, &g->args, f, g->json);
	while (show_next(&s, out, 1))
		continue;
	show_end(&s);
}

static bool run_case(const struct golden *g, const char *dir, bool update)
{
	struct scene s = open_scene(g->scene);
	struct golden mine = *g;
	struct text whole = {0}, sliced = {0};
	char path[512];
	bool ok;

	if (mine.view == SHOW_IPSEC_SA && mine.args.sa == SHOW_SA_PEER)
		mine.args.address = ip4("203.0.113.9");
	show_run(mine.view, &mine.args, &s.facts, mine.json, &whole);
	run_sliced(&mine, &s.facts, &sliced);
	snprintf(path, sizeof(path), "%s/%s.txt", dir, g->file);
	if (update) {
		ok = write_all(path, text_str(&whole));
	} else {
		char *want = read_all(path);
		ok = want && !strcmp(want, text_str(&whole));
		if (!ok) {
			printf("%s:\n", g->file);
			print_difference(want ? want : "", text_str(&whole));
		}
		free(want);
	}
	if (strcmp(text_str(&whole), text_str(&sliced)) != 0) {
		printf("%s: printed in slices it is another text\n", g->file);
		ok = false;
	}
	text_free(&whole);
	text_free(&sliced);
	scene_free(&s);
	return ok;
}

static int write_json(const char *path)
{
	static const scene_builder scenes[] = {scene_empty, scene_active, scene_standby, scene_headend,
		scene_stale, scene_silent, scene_hostile, scene_hsrp, scene_interfaces, scene_hosts};
	static const struct show_args variants[] = {{.all = true, .detail = true}, {.brief = true},
		{.sa = SHOW_SA_ADDRESS}, {.sa = SHOW_SA_IDENTITY}, {.sa = SHOW_SA_PEER},
		{.sa = SHOW_SA_MAP, .name = "x"}, {.address = {.family = IP_V4, .bytes = {10, 0, 0, 1}}},
		{.address = {.family = IP_V4, .bytes = {10, 0, 0, 0}},
			.address_len_set = true,
			.address_len = 16},
		{.interface = "eth7", .group_set = true, .group = 300}};
	struct text out = {0};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		struct scene s = open_scene(scenes[i]);
		for (unsigned v = 0; v < SHOW_VIEW_COUNT; v++) {
			show_run((enum show_view)v, &variants[0], &s.facts, true, &out);
			for (size_t k = 0; k < sizeof(variants) / sizeof(*variants); k++) {
				struct text plain = {0};
				show_run((enum show_view)v, &variants[k], &s.facts, false, &plain);
				text_free(&plain);
			}
		}
		scene_free(&s);
	}
	bool ok = write_all(path, text_str(&out));
	text_free(&out);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned failed = 0, count = sizeof(cases) / sizeof(*cases);

	if (argc == 4 && !strcmp(argv[2], "--json"))
		return write_json(argv[3]);
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: golden_show DIR [--update | --json FILE]\n");
		return 2;
	}
	for (unsigned i = 0; i < count; i++)
		failed += !run_case(&cases[i], argv[1], argc == 3);
	printf("%u passed, %u failed\n", count - failed, failed);
	return failed ? 1 : 0;
}
