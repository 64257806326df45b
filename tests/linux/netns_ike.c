/* The IKE adapter against two real charons (charon_pair.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>

#include "charon_pair.h"
#include "stalls.h"
#include "linux/xfrm.h"

/* ---- tests, in this order ---- */

static void charon_comes_up_and_is_found_again(void **state)
{
	struct charon_process p;
	char tun[32];

	(void)state;
	charon_start();
	assert_true(wait_from(0, EV_IKE_UP, UP_MS) == 0);
	assert_int_equal(seen[0].libipsec, xfrm_probe_esp() == 0);
	assert_int_not_equal(seen[0].incarnation, 0);
	assert_int_equal(ike_pid(ike), charon_pid);
	assert_true(*ike_version(ike) >= '5');

	assert_int_equal(charon_find(dir, &p), 0);
	assert_int_equal(p.pid, charon_pid);
	close(p.pidfd);
	assert_int_equal(charon_clean(dir), -EBUSY);
	if (seen[0].libipsec) {
		assert_int_equal(charon_tun_name(charon_pid, tun, sizeof(tun)), 0);
		assert_string_equal(tun, "ipsec0");
	}
	seen_count = 0;
}

static void a_second_charon_of_the_same_directory_is_refused(void **state)
{
	struct text fault = {0};

	(void)state;
	assert_int_equal(charon_exec(dir, CHARON_BINARY, &fault), -EEXIST);
	assert_non_null(strstr(fault.s, "running already"));
	text_free(&fault);
	assert_int_equal(charon_exec(dir, "/nowhere/charon", &fault), -ENOENT);
	text_free(&fault);
}

static void a_tunnel_of(int version)
{
	struct ike_child child = child_make();
	struct ike_conn conn = conn_make(version, &child);

	peer_configure(version, "secret-1");
	load(&conn, "10.2.0.9", "secret-1");

	/* up */
	uint64_t start = now_ms();
	assert_int_equal(ike_initiate(ike, conn.name, "l10", 1), 0);
	struct seen up = *want_from(0, EV_CHILD_SA);
	print_message("IKEv%d: tunnel up after %u ms\n", version, (unsigned)(now_ms() - start));
	result_is(1, 0);
	struct seen ike_up = *want_from(0, EV_IKE_SA);
	assert_string_equal(up.child.conn, conn.name);
	assert_string_equal(up.child.child, "l10");
	assert_int_equal(up.child.state, CHILD_SA_INSTALLED);
	assert_int_equal(up.child.ike_id, ike_up.ike.id);
	assert_int_equal(up.child.remote_count, 1);
	assert_true(prefix_equal(&up.child.remote[0].prefix, &child.remote.prefix));
	assert_true(prefix_equal(&up.child.local[0].prefix, &child.local.prefix));
	assert_int_not_equal(up.child.spi_in, 0);
	assert_string_equal(up.child.encr, "AES_CBC");
	assert_string_equal(up.child.integ, "HMAC_SHA1_96");
	assert_int_equal(up.child.encr_bits, 128);
	assert_int_equal(ike_up.ike.version, version);
	assert_int_equal(ike_up.ike.state, IKE_SA_ESTABLISHED);
	assert_true(ike_up.ike.initiator);
	assert_string_equal(ike_up.ike.remote_id, "10.2.0.9");
	assert_true(ip_equal(&ike_up.ike.remote_host, &conn.remote));
	assert_true(traffic_flows());

	/* as a snapshot tells it */
	seen_count = 0;
	assert_int_equal(ike_snapshot(ike), 0);
	want_from(0, EV_SA_SNAPSHOT_END);
	assert_int_equal(seen_count, 5);
	assert_int_equal(seen[0].kind, EV_SA_SNAPSHOT_BEGIN);
	assert_int_equal(seen[1].kind, EV_CONN);
	assert_string_equal(seen[1].conn, conn.name);
	assert_int_equal(seen[2].kind, EV_IKE_SA);
	assert_int_equal(seen[2].ike.id, ike_up.ike.id);
	assert_int_equal(seen[3].kind, EV_CHILD_SA);
	assert_int_equal(seen[3].child.id, up.child.id);
	assert_int_equal(seen[3].child.packets_in, 3);
	assert_true(seen[3].child.use_in_s >= 0 && seen[3].child.life_s > 3000);
	seen_count = 0;

	/* rekeyed: one event, no gap, and nothing says that the old one is gone */
	assert_int_equal(ike_rekey(ike, &(struct ike_target){.child_id = up.child.id}, 2), 0);
	struct seen rekeyed = *want_from(0, EV_CHILD_SA_REKEYED);
	result_is(2, 0);
	assert_int_equal(rekeyed.old_child_id, up.child.id);
	assert_int_not_equal(rekeyed.child.id, up.child.id);
	assert_string_equal(rekeyed.child.child, "l10");
	assert_true(prefix_equal(&rekeyed.child.remote[0].prefix, &child.remote.prefix));
	assert_int_equal(count_of(EV_CHILD_SA), 0);
	assert_int_equal(count_of(EV_CHILD_SA_GONE), 0);
	assert_true(traffic_flows());

	/* the IKE_SA rekeyed: the child lives on */
	seen_count = 0;
	assert_int_equal(ike_rekey(ike, &(struct ike_target){.ike_id = ike_up.ike.id}, 3), 0);
	int at = wait_from(
		0, EV_IKE_SA_GONE, 30000); /* version 1 authenticates anew and lets the old one linger */
	assert_true(at >= 0);
	struct seen gone = seen[at];
	struct seen next = *want_from(0, EV_IKE_SA);
	assert_int_equal(gone.ike.id, ike_up.ike.id);
	assert_int_not_equal(next.ike.id, ike_up.ike.id);
	assert_int_equal(count_of(EV_CHILD_SA_GONE), 0);
	assert_true(traffic_flows());

	/* the peer ends the child, then everything */
	seen_count = 0;
	assert_int_equal(peer_run("swanctl --terminate --child net --uri unix://%s/peer.vici", dir), 0);
	assert_int_equal(want_from(0, EV_CHILD_SA_GONE)->child.id, rekeyed.child.id);
	assert_int_equal(count_of(EV_IKE_SA_GONE), 0);
	seen_count = 0;
	assert_int_equal(peer_run("swanctl --initiate --child net --uri unix://%s/peer.vici", dir), 0);
	up = *want_from(0, EV_CHILD_SA);
	assert_int_equal(peer_run("swanctl --terminate --ike gw --uri unix://%s/peer.vici", dir), 0);
	assert_int_equal(want_from(0, EV_CHILD_SA_GONE)->child.id, up.child.id);
	assert_int_equal(want_from(0, EV_IKE_SA_GONE)->ike.id, up.child.ike_id);
	unload(conn.name);
}

static void a_tunnel_lives_and_dies_ikev2(void **state)
{
	(void)state;
	a_tunnel_of(2);
}

static void a_tunnel_lives_and_dies_ikev1(void **state)
{
	(void)state;
	a_tunnel_of(1);
}

/* A dynamic map: any peer with a key of its network; the child is named by what the peer protects. */
static void a_peer_nobody_named_comes_in_by_its_networks_key(void **state)
{
	(void)state;
	for (int version = 1; version <= 2; version++) {
		struct ike_child child = child_make();
		struct ike_conn conn = conn_make(version, &child);
		strcpy(conn.name, "hs/FastEthernet0/0/mymap/3/any");
		strcpy(child.name, "d1");
		conn.remote = (struct ipaddr){0};
		conn.remote_id[0] = '\0';
		assert_true(prefix_parse("0.0.0.0/0", &child.remote.prefix) &&
			prefix_parse("0.0.0.0/0", &child.local.prefix));

		peer_configure(version, "secret-net");
		load(&conn, "10.2.0.0/24", "secret-net");
		assert_int_equal(
			peer_run("swanctl --initiate --child net --uri unix://%s/peer.vici", dir), 0);
		const struct seen *s = want_from(0, EV_CHILD_SA);
		assert_string_equal(s->child.conn, conn.name);
		assert_string_equal(s->child.child, "d1");
		struct prefix net;
		assert_true(prefix_parse("172.16.0.0/24", &net) &&
			prefix_equal(&s->child.remote[0].prefix, &net));
		unload(conn.name);

		/* The key of another network is none. */
		load(&conn, "10.3.0.0/24", "secret-net");
		assert_int_not_equal(
			peer_run("swanctl --initiate --child net --timeout 2 --uri unix://%s/peer.vici", dir),
			0);
		assert_int_equal(wait_from(0, EV_CHILD_SA, 100), -1);
		unload(conn.name);

		/* The wildcard key is for everybody. */
		load(&conn, NULL, "secret-net");
		assert_int_equal(
			peer_run("swanctl --initiate --child net --uri unix://%s/peer.vici", dir), 0);
		want_from(0, EV_CHILD_SA);
		unload(conn.name);
	}
}

static void what_cannot_be_done_is_said(void **state)
{
	struct ike_child child = child_make();
	struct ike_conn conn = conn_make(2, &child);

	(void)state;
	assert_int_equal(ike_initiate(ike, "hs/none", "l10", 5), 0);
	result_is(5, -EPROTO);
	assert_string_equal(ike_refusal(ike), "CHILD_SA config 'l10' not found");
	strcpy(conn.proposals, "rot13");
	assert_int_equal(ike_conn_load(ike, &conn, 6), 0);
	result_is(6, -EPROTO);
	conn.version = 3;
	assert_int_equal(ike_conn_load(ike, &conn, 7), -EINVAL);
	/* What is to go and is not there is no error. */
	assert_int_equal(ike_conn_unload(ike, "hs/none", 8), 0);
	assert_int_equal(ike_terminate(ike, &(struct ike_target){.ike_id = 4711}, false, 9), 0);
	assert_int_equal(ike_secret_unload(ike, "hs/none", 10), 0);
	result_is(8, 0);
	result_is(9, 0);
	result_is(10, 0);
	seen_count = 0;
}

/* R3: with keepalive S R a peer that vanished is gone at most S + 5 R + 1 s after its last packet. */
static void a_dead_peer_of(int version)
{
	enum { S = 3, FIVE_R = 5 };
	struct ike_child child = child_make();
	struct ike_conn conn = conn_make(version, &child);

	conn.dpd_delay_s = S;
	conn.dpd_timeout_s = FIVE_R;
	peer_configure(version, "secret-1");
	load(&conn, "10.2.0.9", "secret-1");
	assert_int_equal(ike_initiate(ike, conn.name, "l10", 0), 0);
	want_from(0, EV_CHILD_SA);
	wait_from(0, EV_TIMER, 700); /* so that charon's whole seconds are not ours */
	stalls_begin();
	uint64_t first = stalls_clock_ms(); /* the last packet comes between this */
	assert_true(traffic_flows());
	uint64_t last = stalls_clock_ms(); /* and this */
	assert_int_equal(run("ip link set e0 down"), 0);
	int at = wait_from(0, EV_CHILD_SA_GONE, (S + FIVE_R + 15) * 1000);
	uint64_t gone = now_ms(), late = stalls_ms();
	assert_true(at >= 0);
	print_message("IKEv%d: dead peer gone after %u ms of silence, stalls of %u ms\n", version,
		(unsigned)(gone - last), (unsigned)late);
	assert_true(gone <= last + (S + FIVE_R + 1) * 1000 + late);
	assert_true(gone >= first + (S + FIVE_R - 2) * 1000);
	assert_true(wait_from(0, EV_IKE_SA_GONE, SOON_MS) >= 0);
	assert_int_equal(run("ip link set e0 up"), 0);
	unload(conn.name);
}

static void a_dead_peer_is_gone_in_time_ikev1(void **state)
{
	(void)state;
	a_dead_peer_of(1);
}

static void a_dead_peer_is_gone_in_time_ikev2(void **state)
{
	(void)state;
	a_dead_peer_of(2);
}

/* Beside a more patient connection charon's schedule is too long: then the silence is reported. */
static void a_silent_peer_is_reported_where_charon_waits_longer(void **state)
{
	enum { S = 3, FIVE_R = 5 };
	struct ike_child child = child_make();
	struct ike_conn conn = conn_make(2, &child), patient = conn;

	(void)state;
	strcpy(patient.name, "hs/FastEthernet0/0/mymap/2/10.2.0.10");
	assert_true(ip_parse("10.2.0.10", &patient.remote));
	patient.dpd_timeout_s = 60;
	conn.dpd_delay_s = S;
	conn.dpd_timeout_s = FIVE_R;
	assert_int_equal(ike_conn_load(ike, &patient, 0), 0);
	peer_configure(2, "secret-1");
	load(&conn, "10.2.0.9", "secret-1");
	assert_int_equal(ike_initiate(ike, conn.name, "l10", 0), 0);
	struct seen up = *want_from(0, EV_IKE_SA);
	want_from(0, EV_CHILD_SA);
	wait_from(0, EV_TIMER, 700);
	uint64_t first = stalls_clock_ms(); /* the last packet comes between this */
	assert_true(traffic_flows());
	uint64_t last = stalls_clock_ms(); /* and this */
	assert_int_equal(count_of(EV_IKE_LIVENESS), 0);
	assert_int_equal(run("ip link set e0 down"), 0);
	int at = wait_from(0, EV_IKE_LIVENESS, (S + 10) * 1000);
	assert_true(at >= 0);
	const struct ike_liveness *l = &seen[at].liveness;
	print_message("silence of %d s reported after %u ms, last sign of life %d ms off\n", S,
		(unsigned)(now_ms() - last), (int)(l->at.ns / 1000000 - (int64_t)last));
	assert_true(l->silent);
	assert_int_equal(l->ike_id, up.ike.id);
	/* Closed by the core at S + 5 R + 1 s after `at`, so it must not lie in front. */
	assert_true(l->at.ns / 1000000 <= (int64_t)last);
	assert_true(l->at.ns / 1000000 >= (int64_t)first - 2500);

	/* The peer is back before that. */
	seen_count = 0;
	assert_int_equal(run("ip link set e0 up"), 0);
	at = wait_from(0, EV_IKE_LIVENESS, SOON_MS);
	assert_true(at >= 0);
	assert_false(seen[at].liveness.silent);
	assert_int_equal(count_of(EV_CHILD_SA_GONE), 0);
	assert_int_equal(ike_conn_unload(ike, patient.name, 0), 0);
	unload(conn.name);
}

static void many_connections_load_in_one_go(void **state)
{
	enum { MANY = 2000 };
	struct ike_child child = child_make();
	struct ike_conn conn = conn_make(2, &child);
	uint64_t start = now_ms();

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(conn.name, sizeof(conn.name), "hs/FastEthernet0/0/many/%d/10.9.0.1", i);
		assert_int_equal(ike_conn_load(ike, &conn, i == MANY - 1 ? 1 : 0), 0);
	}
	result_is(1, 0);
	print_message("%d connections in %u ms\n", MANY, (unsigned)(now_ms() - start));
	seen_count = 0;
	for (int i = 0; i < MANY; i++) {
		snprintf(conn.name, sizeof(conn.name), "hs/FastEthernet0/0/many/%d/10.9.0.1", i);
		assert_int_equal(ike_conn_unload(ike, conn.name, i == MANY - 1 ? 2 : 0), 0);
	}
	result_is(2, 0);
	seen_count = 0;
	assert_int_equal(ike_snapshot(ike), 0);
	want_from(0, EV_SA_SNAPSHOT_END);
	assert_int_equal(count_of(EV_CONN), 0);
	seen_count = 0;
}

/* D9: the engine comes and goes, charon and its SAs stay. */
static void a_new_engine_finds_what_stands(void **state)
{
	struct ike_child child = child_make();
	struct ike_conn conn = conn_make(2, &child);

	(void)state;
	peer_configure(2, "secret-1");
	load(&conn, "10.2.0.9", "secret-1");
	assert_int_equal(ike_initiate(ike, conn.name, "l10", 0), 0);
	struct seen up = *want_from(0, EV_CHILD_SA);
	uint32_t incarnation = up.child.incarnation;
	ike_free(ike);
	seen_count = 0;
	assert_int_equal(ike_new(&ike, loop, dir, on_event, NULL), 0);
	assert_int_equal(want_from(0, EV_IKE_UP)->incarnation, incarnation);
	assert_int_equal(ike_snapshot(ike), 0);
	want_from(0, EV_SA_SNAPSHOT_END);
	const struct seen *s = want_from(0, EV_CHILD_SA);
	assert_int_equal(s->child.id, up.child.id);
	assert_int_equal(s->child.incarnation, incarnation);
	assert_true(traffic_flows());
	seen_count = 0;
}

static void charons_death_is_seen_and_its_successor_starts_clean(void **state)
{
	struct charon_process p;
	uint32_t old;

	(void)state;
	assert_int_equal(ike_snapshot(ike), 0);
	old = want_from(0, EV_CHILD_SA)->child.incarnation;
	want_from(0, EV_SA_SNAPSHOT_END);
	assert_int_equal(charon_find(dir, &p), 0);
	seen_count = 0;
	assert_int_equal(kill(charon_pid, SIGSTOP), 0);
	for (uint64_t cookie = 100; cookie < 110; cookie++)
		assert_int_equal(ike_initiate(ike, "hs/eth0/m/1/10.2.0.9", "l10", cookie), 0);
	assert_int_equal(kill(charon_pid, SIGKILL), 0);
	want_from(0, EV_IKE_DOWN);
	assert_int_equal(count_of(EV_RESULT), 0); /* what was under way is lost with it, not refused */
	assert_int_equal(count_of(EV_CHILD_SA_GONE), 0);
	assert_int_equal(ike_snapshot(ike), -ENOTCONN);
	assert_int_equal(ike_pid(ike), 0);

	struct pollfd end = {p.pidfd, POLLIN, 0};
	assert_int_equal(poll(&end, 1, SOON_MS), 1);
	close(p.pidfd);
	assert_int_equal(charon_find(dir, &p), -ESRCH); /* also while it is a zombie */
	waitpid(charon_pid, NULL, 0);

	seen_count = 0;
	charon_start();
	assert_true(wait_from(0, EV_IKE_UP, UP_MS) >= 0);
	assert_int_not_equal(seen[0].incarnation, old);
	assert_int_equal(ike_snapshot(ike), 0);
	want_from(0, EV_SA_SNAPSHOT_END);
	assert_int_equal(count_of(EV_CONN), 0);
	assert_int_equal(count_of(EV_CHILD_SA), 0);
	nothing_more(100);
	seen_count = 0;
}

static void no_secret_is_in_what_charon_wrote(void **state)
{
	char command[160];

	(void)state;
	snprintf(command, sizeof(command), "grep -rq secret- %s/charon", dir);
	assert_int_not_equal(run(command), 0);
	snprintf(command, sizeof(command),
		"test \"$(stat -c %%a %s/charon %s/charon/charon.log | sort -u | tr -d 0)\" = \"$(printf "
		"'6\\n7')\"",
		dir, dir);
	assert_int_equal(run(command), 0);
}

static void a_stop_leaves_nothing(void **state)
{
	char path[CHARON_PATH_MAX];

	(void)state;
	assert_int_equal(kill(charon_pid, SIGTERM), 0);
	assert_int_equal(waitpid(charon_pid, NULL, 0), charon_pid);
	charon_pid = 0;
	want_from(0, EV_IKE_DOWN);
	assert_int_equal(charon_clean(dir), 0);
	assert_int_equal(charon_path(dir, "pid", path), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(run("ip rule | grep -q 213"), 256);
	assert_int_equal(charon_clean(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charon_comes_up_and_is_found_again),
		cmocka_unit_test(a_second_charon_of_the_same_directory_is_refused),
		cmocka_unit_test(a_tunnel_lives_and_dies_ikev2),
		cmocka_unit_test(a_tunnel_lives_and_dies_ikev1),
		cmocka_unit_test(a_peer_nobody_named_comes_in_by_its_networks_key),
		cmocka_unit_test(what_cannot_be_done_is_said),
		cmocka_unit_test(a_dead_peer_is_gone_in_time_ikev1),
		cmocka_unit_test(a_dead_peer_is_gone_in_time_ikev2),
		cmocka_unit_test(a_silent_peer_is_reported_where_charon_waits_longer),
		cmocka_unit_test(many_connections_load_in_one_go),
		cmocka_unit_test(a_new_engine_finds_what_stands),
		cmocka_unit_test(charons_death_is_seen_and_its_successor_starts_clean),
		cmocka_unit_test(no_secret_is_in_what_charon_wrote),
		cmocka_unit_test(a_stop_leaves_nothing),
	};

	netns_enter("netns_ike");
	return cmocka_run_group_tests_name("charon", tests, set_up, tear_down);
}
