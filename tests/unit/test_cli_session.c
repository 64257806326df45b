/* Sessions: what a line changes, what it tells the core and the journal, and what must not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* A session at privilege 15 in configuration mode, with a journal. */
struct fixture {
	struct model *model;
	struct cli_session *session;
	struct text out, journal;
	struct cli_ops ops;
};

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "eth1") == 0 || strcmp(name, "fa0") == 0;
}

static bool secret_matches(void *arg, const struct secret *s, const char *typed)
{
	(void)arg;
	return s->type == 9 && strncmp(s->text, "$9$", 3) == 0 && strcmp(s->text + 3, typed) == 0;
}

static bool secret_hash(void *arg, struct secret *s)
{
	char hash[SECRET_MAX_LEN];

	(void)arg;
	if (snprintf(hash, sizeof(hash), "$9$%s", s->text) >= (int)sizeof(hash))
		return false;
	s->type = 9;
	strcpy(s->text, hash);
	return true;
}

static void accepted(void *arg, const char *const context[], size_t depth, const char *line)
{
	struct text *journal = arg;

	for (size_t i = 0; i < depth; i++)
		text_printf(journal, "%s / ", context[i]);
	text_printf(journal, "%s\n", line);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->model = model_new();
	f->ops = (struct cli_ops){.device_exists = device_exists,
		.secret_matches = secret_matches,
		.secret_hash = secret_hash,
		.accepted = accepted,
		.arg = &f->journal};
	f->session = cli_session_new(f->model, &f->ops, 15, "test");
	assert_int_equal(cli_line(f->session, "configure terminal", &f->out), CLI_OK);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	cli_session_free(f->session);
	model_free(f->model);
	text_free(&f->out);
	text_free(&f->journal);
	free(f);
	return 0;
}

/* Types a line; what it said is then in f->out. */
static enum cli_status type(struct fixture *f, const char *line)
{
	text_clear(&f->out);
	return cli_line(f->session, line, &f->out);
}

static void take(struct fixture *f, const char *line)
{
	enum cli_status status = type(f, line);

	if (status != CLI_OK)
		fail_msg("\"%s\": %s", line, text_str(&f->out));
}

static void assert_prompt(struct fixture *f, const char *wanted)
{
	char prompt[CLI_PROMPT_MAX];

	assert_string_equal(cli_prompt(f->session, prompt), wanted);
}

/* --- What the core is told ------------------------------------------------------------------------------------- */

static void assert_change(
	const struct fixture *f, size_t at, enum model_kind kind, const char *name, unsigned number)
{
	assert_true(at < f->model->change_count);
	assert_int_equal(f->model->changes[at].kind, kind);
	assert_string_equal(f->model->changes[at].name, name);
	assert_int_equal(f->model->changes[at].number, number);
}

static void a_line_names_the_object_that_it_changes(void **state)
{
	struct fixture *f = *state;

	take(f, "crypto map mymap 7 ipsec-isakmp");
	assert_change(f, 0, MODEL_CRYPTO_MAP, "mymap", 7);
	take(f, "set peer 10.1.1.1");
	assert_int_equal(f->model->change_count, 1); /* the same line of the list */
	take(f, "crypto dynamic-map d 3");
	take(f, "reverse-route");
	assert_change(f, 1, MODEL_DYNAMIC_MAP, "d", 3);
	take(f, "interface fa0/0");
	assert_change(f, 2, MODEL_INTERFACE, "FastEthernet0/0", 0);
	take(f, "standby 4 ip 10.0.0.3");
	assert_change(f, 3, MODEL_STANDBY_GROUP, "FastEthernet0/0", 4);
	take(f, "crypto map mymap redundancy G");
	assert_change(f, 4, MODEL_CRYPTO_APPLY, "FastEthernet0/0", 0);
	take(f, "access-list 101 permit ip host 1.1.1.1 host 2.2.2.2");
	assert_change(f, 5, MODEL_ACL, "101", 0);
	take(f, "no access-list 101");
	assert_int_equal(f->model->change_count, 6);
	take(f, "no crypto map mymap 7");
	assert_int_equal(f->model->change_count, 6);
	take(f, "hotswan reverse-route static-maps per-sa");
	assert_change(f, 6, MODEL_RRI_MODE, "", 0);
}

static void opening_an_entry_again_changes_nothing(void **state)
{
	struct fixture *f = *state;

	take(f, "crypto map mymap 7 ipsec-isakmp");
	model_changes_clear(f->model);
	text_clear(&f->journal);
	take(f, "crypto map mymap 7 ipsec-isakmp");
	take(f, "crypto map mymap 7");
	assert_int_equal(f->model->change_count, 0);
	assert_string_equal(text_str(&f->journal), "");
	assert_string_equal(text_str(&f->out), ""); /* the note is for new entries */
}

static void typing_the_crypto_map_again_applies_it_again(void **state)
{
	struct fixture *f = *state;
	const struct interface_cfg *i;

	take(f, "interface eth1");
	take(f, "crypto map mymap redundancy G");
	i = model_interface(f->model, "eth1");
	assert_int_equal(i->crypto_applied, 1);
	model_changes_clear(f->model);
	take(f, "crypto map mymap redundancy G");
	assert_int_equal(i->crypto_applied, 2);
	assert_change(f, 0, MODEL_CRYPTO_APPLY, "eth1", 0);
}

static void a_refused_line_changes_nothing(void **state)
{
	static const char *const lines[] = {"crypto map m 0 ipsec-isakmp", "interface nosuch",
		"standby ip 1.2.3.4", "access-list 101 permit ip any",
		"crypto ipsec transform-set T ah-sha-hmac", "ip route 10.0.0.1 255.0.0.0 10.1.1.1",
		"hostname 1x", "no ip route 10.0.0.0 255.0.0.0", "no access-list 101 permit ip any any",
		"crypto map ipv6 m 1 ipsec-isakmp", "bogus"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(type(f, lines[i]), CLI_REFUSED);
		assert_true(f->out.len > 0);
	}
	assert_int_equal(f->model->change_count, 0);
	assert_string_equal(text_str(&f->journal), "");
	assert_prompt(f, "Router(config)#");
}

/* --- The journal ------------------------------------------------------------------------------------------------- */

static void the_journal_has_canonical_contexts_and_full_words(void **state)
{
	struct fixture *f = *state;

	take(f, "int fa 0/0");
	take(f, "  stan 1 pri 110");
	take(f, "crypto ikev2 keyring KR");
	take(f, "peer P");
	take(f, "addr 10.1.1.1");
	take(f, "no addr 10.1.1.1");
	take(f, "hotswan compat ios-b");
	assert_string_equal(text_str(&f->journal),
		"interface FastEthernet0/0\n"
		"interface FastEthernet0/0 / standby 1 priority 110\n"
		"crypto ikev2 keyring KR\n"
		"crypto ikev2 keyring KR / peer P\n"
		"crypto ikev2 keyring KR / peer P / address 10.1.1.1\n"
		"crypto ikev2 keyring KR / peer P / no address 10.1.1.1\n"
		"hotswan compatibility ios-banner\n");
}

static void a_typed_enable_secret_is_journalled_as_its_hash(void **state)
{
	struct fixture *f = *state;

	take(f, "enable secret s3cret");
	assert_string_equal(text_str(&f->journal), "enable secret 9 $9$s3cret\n");
	assert_int_equal(f->model->enable_secret.type, 9);
}

/* --- Modes --------------------------------------------------------------------------------------------------------- */

static void a_line_of_the_global_mode_leaves_the_inner_one(void **state)
{
	struct fixture *f = *state;

	take(f, "crypto map m 1 ipsec-isakmp");
	assert_prompt(f, "Router(config-crypto-map)#");
	assert_int_equal(type(f, "hostname 1x"), CLI_REFUSED);
	assert_prompt(f, "Router(config-crypto-map)#"); /* refused: the mode stays */
	take(f, "hostname A");
	assert_prompt(f, "A(config)#");
}

static void an_object_deleted_by_somebody_else_ends_its_mode(void **state)
{
	struct fixture *f = *state;
	struct cli_session *other = cli_session_new(f->model, &f->ops, 15, "other");

	take(f, "crypto map m 1 ipsec-isakmp");
	cli_line(other, "configure terminal", &f->out);
	assert_int_equal(cli_line(other, "no crypto map m", &f->out), CLI_OK);
	assert_int_equal(type(f, "set peer 10.1.1.1"), CLI_REFUSED);
	assert_prompt(f, "Router(config)#");
	assert_null(model_crypto_map(f->model, "m"));
	cli_session_free(other);
}

static void enable_asks_for_the_secret_without_echo(void **state)
{
	struct fixture *f = *state;
	struct cli_session *user = cli_session_new(f->model, &f->ops, 1, "user");
	char prompt[CLI_PROMPT_MAX];

	take(f, "enable secret s3cret");
	text_clear(&f->out);
	assert_int_equal(cli_line(user, "enable", &f->out), CLI_OK);
	assert_true(cli_asks(user) && cli_hides_input(user));
	assert_string_equal(cli_prompt(user, prompt), "Password: ");
	assert_int_equal(cli_line(user, "wrong", &f->out), CLI_REFUSED);
	assert_string_equal(text_str(&f->out), "% Access denied\n");
	assert_int_equal(cli_privilege(user), 1);
	cli_line(user, "enable", &f->out);
	cli_break(user); /* Ctrl-C: no question any more */
	assert_false(cli_asks(user));
	cli_line(user, "enable", &f->out);
	assert_int_equal(cli_line(user, "s3cret", &f->out), CLI_OK);
	assert_int_equal(cli_privilege(user), 15);
	cli_session_free(user);
}

/* D13: what is in the configuration, then a device of exactly that spelling, then an IOS type. */
static void interface_names_mean_what_is_there_first(void **state)
{
	static const struct {
		const char *typed, *name;
		bool ios;
	} cases[] = {
		{"interface eth1", "eth1", false},
		{"interface eth2", "Ethernet2", true},
		{"interface fa0", "fa0", false},
		{"interface FA0/0", "FastEthernet0/0", true},
		{"Interface FastEthernet 0/0", "FastEthernet0/0", true},
		{"interface te 1/0/3", "TenGigabitEthernet1/0/3", true},
		{"interface gi0/0.100", "GigabitEthernet0/0.100", true},
		{"interface Lo7", "Loopback7", true},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		take(f, cases[i].typed);
		assert_non_null(model_interface(f->model, cases[i].name));
		assert_int_equal(model_interface(f->model, cases[i].name)->is_ios_type, cases[i].ios);
	}
	assert_int_equal(f->model->interfaces.count, 7);
	assert_int_equal(type(f, "interface fa00/0"), CLI_REFUSED);
	assert_int_equal(type(f, "interface t1"), CLI_REFUSED); /* Tunnel or TenGigabitEthernet */
}

/* --- Odd lines ------------------------------------------------------------------------------------------------------- */

static void odd_lines_are_refused_with_one_sentence(void **state)
{
	static char line[CLI_LINE_MAX + 100];
	struct fixture *f = *state;

	memset(line, 'x', CLI_LINE_MAX + 1);
	assert_int_equal(type(f, line), CLI_REFUSED);
	assert_string_equal(text_str(&f->out), "% Line is too long\n");
	for (size_t i = 0; i < 300; i++)
		memcpy(line + i * 2, "x ", 3);
	assert_int_equal(type(f, line), CLI_REFUSED);
	assert_string_equal(text_str(&f->out), "% Line has too many words\n");
	assert_int_equal(type(f, "hostname a\x1b[2J"), CLI_REFUSED);
	assert_string_equal(
		text_str(&f->out), "                         ^\n% Invalid input detected at '^' marker.\n\n");
	assert_int_equal(type(f, ""), CLI_OK);
	assert_int_equal(type(f, "   "), CLI_OK);
	assert_int_equal(type(f, "! remark"), CLI_OK);
	assert_int_equal(f->out.len, 0);
}

int main(void)
{
#define SESSION_TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		SESSION_TEST(a_line_names_the_object_that_it_changes),
		SESSION_TEST(opening_an_entry_again_changes_nothing),
		SESSION_TEST(typing_the_crypto_map_again_applies_it_again),
		SESSION_TEST(a_refused_line_changes_nothing),
		SESSION_TEST(the_journal_has_canonical_contexts_and_full_words),
		SESSION_TEST(a_typed_enable_secret_is_journalled_as_its_hash),
		SESSION_TEST(a_line_of_the_global_mode_leaves_the_inner_one),
		SESSION_TEST(an_object_deleted_by_somebody_else_ends_its_mode),
		SESSION_TEST(enable_asks_for_the_secret_without_echo),
		SESSION_TEST(interface_names_mean_what_is_there_first),
		SESSION_TEST(odd_lines_are_refused_with_one_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
