/* The journal of accepted lines (D9), and the hashes that IOS writes for enable secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "daemon/journal.h"
#include "daemon/secrets.h"
#include "daemon/startupfile.h"

static void records_survive_a_round_trip(void **state)
{
	const char *const context[] = {"interface FastEthernet0/0", "x\ty\\z"};
	struct text t = {0};
	char *fields[JOURNAL_CONTEXT_MAX + 1];
	size_t count;

	(void)state;
	journal_encode(&t, context, 2, "banner motd ^C\nline\t2\n^C");
	assert_string_equal(t.s, "interface FastEthernet0/0\tx\\ty\\\\z\tbanner motd ^C\\nline\\t2\\n^C\n");
	t.s[t.len - 1] = 0;
	assert_true(journal_decode(t.s, fields, &count));
	assert_int_equal(count, 3);
	assert_string_equal(fields[0], context[0]);
	assert_string_equal(fields[1], context[1]);
	assert_string_equal(fields[2], "banner motd ^C\nline\t2\n^C");
	text_free(&t);
}

static void what_is_no_record_is_refused(void **state)
{
	char bad_escape[] = "a\\x", cut_escape[] = "a\\", deep[] = "1\t2\t3\t4\t5\t6\t7\t8\t9\t10";
	char *fields[JOURNAL_CONTEXT_MAX + 1];
	size_t count;

	(void)state;
	assert_false(journal_decode(bad_escape, fields, &count));
	assert_false(journal_decode(cut_escape, fields, &count));
	assert_false(journal_decode(deep, fields, &count));
}

struct seen {
	unsigned count;
	char last[64];
};

static void note(void *ctx, char *const fields[], size_t count)
{
	struct seen *s = ctx;

	s->count++;
	snprintf(s->last, sizeof(s->last), "%s", fields[count - 1]);
}

static void append(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, s, strlen(s)), strlen(s));
	close(fd);
}

static void a_journal_continues_its_file_and_no_other(void **state)
{
	char dir[] = "/tmp/hotswan-journal-XXXXXX", file[64], path[64];
	struct journal *j;
	struct seen seen = {0};
	enum journal_content content;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/startup", dir);
	snprintf(path, sizeof(path), "%s/journal", dir);
	assert_int_equal(startupfile_write(file, "hostname A\n", 11), 0);

	assert_int_equal(journal_open(&j, dir, file, &content), 0);
	assert_int_equal(content, JOURNAL_NEW);
	assert_int_equal(journal_add(j, NULL, 0, "hostname B"), 0);
	assert_int_equal(journal_add(j, NULL, 0, "hostname C"), 0);
	journal_close(j);

	/* kill -9 in the middle of a write: the torn record is dropped. */
	append(path, "hostname D");
	assert_int_equal(journal_open(&j, dir, file, &content), 0);
	assert_int_equal(content, JOURNAL_CONTINUES);
	journal_replay(j, note, &seen);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.last, "hostname C");
	assert_int_equal(journal_add(j, NULL, 0, "hostname G"), 0);
	seen = (struct seen){0};
	journal_replay(j, note, &seen);
	assert_int_equal(seen.count, 3);
	assert_string_equal(seen.last, "hostname G");

	/* Many lines become the configuration that they led to. */
	assert_false(journal_is_large(j));
	assert_int_equal(journal_replace(j, "hostname H\nend\n"), 0);
	assert_int_equal(journal_add(j, NULL, 0, "hostname I"), 0);
	seen = (struct seen){0};
	journal_replay(j, note, &seen);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.last, "hostname I");
	journal_close(j);
	assert_int_equal(journal_open(&j, dir, file, &content), 0);
	assert_int_equal(content, JOURNAL_WHOLE); /* what the file has and the record has not, is gone */

	/* Saved by us: nothing to replay. */
	assert_int_equal(startupfile_write(file, "hostname C\n", 11), 0);
	assert_int_equal(journal_restart(j), 0);
	journal_close(j);
	assert_int_equal(journal_open(&j, dir, file, &content), 0);
	assert_int_equal(content, JOURNAL_CONTINUES);
	seen = (struct seen){0};
	journal_replay(j, note, &seen);
	assert_int_equal(seen.count, 0);
	assert_int_equal(journal_add(j, NULL, 0, "hostname E"), 0);
	journal_close(j);

	/* Changed by somebody else: the file counts. */
	assert_int_equal(startupfile_write(file, "hostname F\n", 11), 0);
	assert_int_equal(journal_open(&j, dir, file, &content), 0);
	assert_int_equal(content, JOURNAL_NEW);
	journal_close(j);
	unlink(path);
	unlink(file);
	rmdir(dir);
}

static void a_saved_configuration_is_private(void **state)
{
	char dir[] = "/tmp/hotswan-startup-XXXXXX", file[64];
	struct text t = {0};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/startup", dir);
	assert_int_equal(startupfile_write(file, "end\n", 4), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(startupfile_read(file, &t), 0);
	assert_string_equal(t.s, "end\n");
	text_free(&t);
	unlink(file);
	rmdir(dir);
}

static bool matches(unsigned type, const char *hash, const char *typed)
{
	struct secret s = {.type = (uint8_t)type, .set = true};

	snprintf(s.text, sizeof(s.text), "%s", hash);
	return secret_matches(&s, typed);
}

/* Published examples (hashcat's list) of what IOS writes. */
static void the_hashes_are_those_of_ios(void **state)
{
	static const char type5[] = "$1$28772684$iEwNOgGugqO9.bIz5sk8k/";
	static const char type8[] = "$8$TnGX/fE4KGHOVU$pEhnEvxrvaynpi8j4f.EMHr6M.FzU8xnZnBr/tJdFWk";
	static const char type9[] = "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6";

	(void)state;
	assert_true(matches(5, type5, "hashcat"));
	assert_true(matches(8, type8, "hashcat"));
	assert_true(matches(9, type9, "hashcat"));
	assert_false(matches(5, type5, "Hashcat"));
	assert_false(matches(8, type8, ""));
	assert_false(matches(9, type9, "hashcat "));
	assert_false(matches(9, type8, "hashcat"));
	assert_false(matches(7, "0822455D0A16", "cisco")); /* reversible: not for enable secret */
	assert_true(matches(0, "plain", "plain"));
	assert_false(matches(0, "plain", "plai"));
}

static void a_new_secret_becomes_a_hash(void **state)
{
	struct secret s = {.set = true, .text = "s3cret"};

	(void)state;
	assert_true(secret_hash(&s));
	assert_int_equal(s.type, 9);
	assert_null(strstr(s.text, "s3cret"));
	assert_true(secret_matches(&s, "s3cret"));
	assert_false(secret_matches(&s, "s3cres"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_survive_a_round_trip),
		cmocka_unit_test(what_is_no_record_is_refused),
		cmocka_unit_test(a_journal_continues_its_file_and_no_other),
		cmocka_unit_test(a_saved_configuration_is_private),
		cmocka_unit_test(the_hashes_are_those_of_ios),
		cmocka_unit_test(a_new_secret_becomes_a_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
