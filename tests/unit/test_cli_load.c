/* Configuration files, the writer's slices, and pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

static unsigned load(struct model *m, const char *text, struct text *errors)
{
	return cli_load(m, NULL, "FILE", text, strlen(text), errors);
}

static void write_running(const struct model *m, size_t slice, struct text *out)
{
	struct cli_writer w;

	cli_writer_begin(&w, m, NULL);
	while (cli_writer_next(&w, out, slice))
		;
}

static void good_lines_are_taken_and_bad_ones_reported_by_number(void **state)
{
	struct model *m = model_new();
	struct text errors = {0};

	(void)state;
	assert_int_equal(load(m,
				 "hostname A\n"
				 "crypto mop x\n"
				 "\n"
				 "! remark\n"
				 "access-list 101 permit ip host 1.1.1.1\n"
				 "crypto map m 1 ipsec-isakmp\n"
				 " reverse-route\n"
				 " match address 101\n"
				 "c\n"
				 "access-list 101 permit ip any host 2.2.2.2\n"
				 "hostname B",
				 &errors),
		4);
	assert_string_equal(text_str(&errors),
		"FILE:2: invalid input \"mop\" in \"crypto mop x\"\n"
		"FILE:5: incomplete command in \"access-list 101 permit ip host 1.1.1.1\"\n"
		"FILE:9: ambiguous command in \"c\"\n"
		"FILE:10: Access list 101 rule 10 uses \"any\": not accepted with reverse-route in crypto "
		"map m 1.\n");
	assert_string_equal(m->hostname, "B");
	assert_null(model_acl(m, "101"));
	text_free(&errors);
	model_free(m);
}

/* A file may define a set further down; one that it never defines is left out. */
static void an_unknown_transform_set_is_reported_at_its_line(void **state)
{
	struct model *m = model_new();
	struct text errors = {0};
	const struct crypto_map_entry *e;

	(void)state;
	assert_int_equal(load(m,
				 "crypto map m 1 ipsec-isakmp\n"
				 " set transform-set late never\n"
				 "crypto dynamic-map d 1\n"
				 " set transform-set nowhere\n"
				 "crypto ipsec transform-set late esp-aes 256 esp-sha256-hmac\n",
				 &errors),
		2);
	assert_string_equal(text_str(&errors),
		"FILE:2: unknown transform set \"never\": define it with \"crypto ipsec transform-set\".\n"
		"FILE:4: unknown transform set \"nowhere\": define it with \"crypto ipsec "
		"transform-set\".\n");
	e = crypto_map_entry(model_crypto_map(m, "m"), 1);
	assert_int_equal(e->transform_set_count, 1);
	assert_string_equal(e->transform_sets[0], "late");
	assert_int_equal(crypto_map_entry(model_dynamic_map(m, "d"), 1)->transform_set_count, 0);
	text_free(&errors);
	model_free(m);
}

static void what_show_running_config_prints_around_it_is_no_error(void **state)
{
	struct model *m = model_new();
	struct text errors = {0};

	(void)state;
	assert_int_equal(load(m,
				 "Building configuration...\r\n\r\nCurrent configuration : 77 bytes\r\n!\r\n"
				 "version 15.2\r\nhostname A\r\n!\r\nend\r\n",
				 &errors),
		0);
	assert_string_equal(text_str(&errors), "");
	assert_string_equal(m->hostname, "A");
	model_free(m);
}

static void a_secret_does_not_get_into_the_report(void **state)
{
	static const char *const lines[] = {"crypto isakmp key s3cret address 300.1.1.1\n",
		"enable secret s3cret more\n", "enable password s3cret more\n",
		"crypto ikev2 keyring K\npeer P\n pre-shared-key s3cret more\n",
		"interface fa0/0\n standby 1 authentication text s3cret99 more\n",
		"username a password 0 s3cret\x01\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct model *m = model_new();
		struct text errors = {0};

		assert_int_equal(load(m, lines[i], &errors), 1);
		assert_null(strstr(text_str(&errors), "s3cret"));
		text_free(&errors);
		model_free(m);
	}
}

static void a_file_may_come_in_pieces_of_any_size(void **state)
{
	static const char file[] = "hostname A\ninterface fa0/0\n ip address 10.0.0.1 255.255.255.0\nbanner "
				   "motd #one\ntwo#\nbad\n";

	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		struct model *m = model_new();
		struct text errors = {0};
		struct cli_loader *l = cli_loader_new(m, NULL, "F");

		for (size_t at = 0; at < sizeof(file) - 1; at += piece)
			cli_loader_text(l, file + at,
				piece < sizeof(file) - 1 - at ? piece : sizeof(file) - 1 - at, &errors);
		assert_int_equal(cli_loader_end(l, &errors), 1);
		assert_string_equal(text_str(&errors), "F:6: invalid input \"bad\" in \"bad\"\n");
		assert_true(model_interface(m, "FastEthernet0/0")->address_set);
		assert_int_equal(m->kept.count, 1);
		text_free(&errors);
		model_free(m);
	}
}

static void a_banner_without_end_is_reported(void **state)
{
	struct model *m = model_new();
	struct text errors = {0};

	(void)state;
	assert_int_equal(load(m, "banner motd #\nhostname A\n", &errors), 1);
	assert_string_equal(text_str(&errors), "FILE:2: the banner has no end\n");
	text_free(&errors);
	model_free(m);
}

/* The writer holds indices only: whatever is deleted between two slices, it ends and stays inside its lists. */
static void the_writer_survives_deletions_between_its_slices(void **state)
{
	static const char *const deletions[] = {"no crypto map m", "no interface FastEthernet0/0",
		"no access-list 101", "no crypto isakmp policy 10", "no ip access-list extended N",
		"no crypto ikev2 keyring K"};

	(void)state;
	for (size_t d = 0; d < sizeof(deletions) / sizeof(*deletions); d++)
		for (size_t slices = 0; slices < 40; slices++) {
			struct model *m = model_new();
			struct text errors = {0}, out = {0};
			struct cli_session *s = cli_session_new(m, NULL, 15, NULL);
			struct cli_writer w;

			load(m,
				"crypto isakmp policy 10\n hash md5\ncrypto ikev2 keyring K\n peer A\n  "
				"address 1.1.1.1\n"
				"crypto map m 1 ipsec-isakmp\n set peer 1.1.1.1\n set peer 2.2.2.2\n"
				"crypto map m 2 ipsec-isakmp\n set peer 1.1.1.1\ninterface fa0/0\n standby 1 "
				"ip\n"
				"standby 2 ip 1.1.1.1\n duplex auto\naccess-list 101 permit ip host 1.1.1.1 "
				"host 2.2.2.2\n"
				"access-list 101 permit ip host 1.1.1.1 host 2.2.2.3\nip access-list "
				"extended N\n"
				" permit ip host 1.1.1.1 any\nend\n",
				&errors);
			assert_string_equal(text_str(&errors), "");
			cli_writer_begin(&w, m, NULL);
			for (size_t n = 0; n < slices && cli_writer_next(&w, &out, 1); n++)
				;
			cli_line(s, "configure terminal", &errors);
			assert_int_equal(cli_line(s, deletions[d], &errors), CLI_OK);
			while (cli_writer_next(&w, &out, 1))
				;
			assert_non_null(strstr(text_str(&out), "end\n"));
			cli_session_free(s);
			model_free(m);
			text_free(&errors);
			text_free(&out);
		}
}

static void slices_of_any_size_give_the_same_text(void **state)
{
	struct model *m = model_new();
	struct text errors = {0}, whole = {0};

	(void)state;
	load(m,
		"hostname A\ncrypto map m 1 ipsec-isakmp\n set peer 1.1.1.1\ninterface fa0/0\n standby 1 "
		"ip\nline con 0\n"
		" exec-timeout 0\n",
		&errors);
	write_running(m, SIZE_MAX / 2, &whole);
	for (size_t slice = 1; slice < 200; slice += 7) {
		struct text out = {0};

		write_running(m, slice, &out);
		assert_string_equal(text_str(&out), text_str(&whole));
		text_free(&out);
	}
	text_free(&whole);
	text_free(&errors);
	model_free(m);
}

static void a_filter_takes_output_in_pieces_of_any_size(void **state)
{
	static const char text[] = "interface A\n ip x\n shutdown\n!\ninterface B\n  deep\nend";
	static const struct {
		enum cli_pipe_kind kind;
		const char *pattern, *wanted;
	} cases[] = {
		{CLI_PIPE_INCLUDE, "^interface|end", "interface A\ninterface B\nend\n"},
		{CLI_PIPE_EXCLUDE, "^ ", "interface A\n!\ninterface B\nend\n"},
		{CLI_PIPE_BEGIN, "B$", "interface B\n  deep\nend\n"},
		{CLI_PIPE_SECTION, "^interface", "interface A\n ip x\n shutdown\ninterface B\n  deep\n"},
		{CLI_PIPE_COUNT, "i", "Number of lines which match regexp = 3\n"},
		{CLI_PIPE_INCLUDE, "_x_", " ip x\n"},
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++)
		for (size_t piece = 1; piece < sizeof(text); piece++) {
			struct cli_action a = {.pipe = cases[c].kind};
			struct text out = {0};
			bool failed;

			str_copy(a.pattern, sizeof(a.pattern), cases[c].pattern);
			struct cli_filter *f = cli_filter_new(&a, &failed);

			assert_false(failed);
			for (size_t at = 0; at < sizeof(text) - 1; at += piece)
				cli_filter_text(f, text + at,
					piece < sizeof(text) - 1 - at ? piece : sizeof(text) - 1 - at, &out);
			cli_filter_end(f, &out);
			assert_string_equal(text_str(&out), cases[c].wanted);
			text_free(&out);
		}
}

/* 10,000 entries with their lists: 80,000 lines in 0.2 s of processor time; a scan anywhere makes it minutes. */
static void large_configurations_take_time_by_their_length_only(void **state)
{
	enum { ENTRIES = 10000, LIMIT_S = 6 };
	struct text file = {0}, errors = {0}, out = {0};
	struct model *m = model_new();
	clock_t begin = clock();

	(void)state;
	text_add(&file, "crypto ipsec transform-set T esp-aes 256 esp-sha256-hmac\n");
	for (unsigned i = 0; i < ENTRIES; i++)
		text_printf(&file,
			"crypto map M %u ipsec-isakmp\n set peer 10.%u.%u.1\n set transform-set T\n"
			" match address A%u\n reverse-route\n",
			i + 1, i / 250, i % 250, i);
	for (unsigned i = 0; i < ENTRIES; i++)
		text_printf(&file,
			"ip access-list extended A%u\n permit ip 192.168.1.0 0.0.0.255 172.%u.%u.0 "
			"0.0.0.255\n"
			"access-list 150 permit ip 192.168.2.0 0.0.0.255 172.%u.%u.0 0.0.0.255\n",
			i, i / 250, i % 250, i / 250, i % 250);
	assert_int_equal(cli_load(m, NULL, "FILE", text_str(&file), file.len, &errors), 0);
	write_running(m, 16384, &out);
	assert_true(out.len > file.len);
	assert_int_equal(model_acl(m, "150")->rules.count, ENTRIES);
	assert_true((clock() - begin) / CLOCKS_PER_SEC < LIMIT_S);
	model_free(m);
	text_free(&file);
	text_free(&errors);
	text_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines_are_taken_and_bad_ones_reported_by_number),
		cmocka_unit_test(an_unknown_transform_set_is_reported_at_its_line),
		cmocka_unit_test(what_show_running_config_prints_around_it_is_no_error),
		cmocka_unit_test(a_secret_does_not_get_into_the_report),
		cmocka_unit_test(a_file_may_come_in_pieces_of_any_size),
		cmocka_unit_test(a_banner_without_end_is_reported),
		cmocka_unit_test(the_writer_survives_deletions_between_its_slices),
		cmocka_unit_test(slices_of_any_size_give_the_same_text),
		cmocka_unit_test(a_filter_takes_output_in_pieces_of_any_size),
		cmocka_unit_test(large_configurations_take_time_by_their_length_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
