/* Which packets are ESP that tells its SA; the bytes stand as tcpdump -x would show them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "linux/esp_ear.h"

/* IP 1.1.56.6 > 1.1.100.10: ESP(spi=0x33c701ea,seq=0x1) */
static const uint8_t plain[] = {0x45, 0, 0, 28, 0, 1, 0x40, 0, 64, 50, 0, 0, 1, 1, 56, 6, 1, 1, 100, 10, 0x33,
	0xc7, 0x01, 0xea, 0, 0, 0, 1};
/* IP 1.1.56.6.1027 > 1.1.100.10.4500: UDP-encap: ESP(spi=0x33c701ea,seq=0x1) */
static const uint8_t in_udp[] = {0x45, 0, 0, 36, 0, 1, 0x40, 0, 64, 17, 0, 0, 1, 1, 56, 6, 1, 1, 100, 10,
	0x04, 0x03, 0x11, 0x94, 0, 16, 0, 0, 0x33, 0xc7, 0x01, 0xea, 0, 0, 0, 1};

static void esp_tells_peer_and_spi(void **state)
{
	struct esp_heard h;

	(void)state;
	assert_true(esp_parse(plain, sizeof(plain), &h));
	assert_int_equal(h.spi, 0x33c701ea);
	assert_int_equal(h.remote_port, 0);
	assert_int_equal(ip_v4_u32(&h.remote), 0x01013806);
	assert_true(esp_parse(in_udp, sizeof(in_udp), &h));
	assert_int_equal(h.spi, 0x33c701ea);
	assert_int_equal(h.remote_port, 1027);
}

static void options_of_the_ip_header_are_stepped_over(void **state)
{
	uint8_t packet[sizeof(plain) + 4];
	struct esp_heard h;

	(void)state;
	memcpy(packet, plain, 20);
	memset(packet + 20, 1, 4);
	memcpy(packet + 24, plain + 20, 8);
	packet[0] = 0x46;
	assert_true(esp_parse(packet, sizeof(packet), &h));
	assert_int_equal(h.spi, 0x33c701ea);
}

static void anything_else_is_left_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} plain_changes[] = {{0, 0x65, "version 6"}, {0, 0x44, "a header of 16 bytes"},
		{0, 0x4f, "a header beyond the end"}, {7, 1, "a later fragment"}, {9, 6, "TCP"},
		{9, 51, "AH"}};
	struct esp_heard h;
	uint8_t packet[sizeof(in_udp)];

	(void)state;
	for (size_t i = 0; i < sizeof(plain_changes) / sizeof(*plain_changes); i++) {
		memcpy(packet, plain, sizeof(plain));
		packet[plain_changes[i].at] = plain_changes[i].value;
		if (esp_parse(packet, sizeof(plain), &h))
			fail_msg("taken for ESP: %s", plain_changes[i].why);
	}
	memcpy(packet, in_udp, sizeof(packet));
	memset(packet + 28, 0, 4); /* IKE */
	assert_false(esp_parse(packet, sizeof(packet), &h));
	packet[31] = 255; /* reserved */
	assert_false(esp_parse(packet, sizeof(packet), &h));
	memcpy(packet, in_udp, sizeof(packet));
	packet[23] = 0x95; /* port 4501 */
	assert_false(esp_parse(packet, sizeof(packet), &h));
	for (size_t len = 0; len < 24; len++)
		assert_false(esp_parse(plain, len, &h));
	for (size_t len = 0; len < 32; len++) /* the keepalive of NAT is one byte */
		assert_false(esp_parse(in_udp, len, &h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(esp_tells_peer_and_spi),
		cmocka_unit_test(options_of_the_ip_header_are_stepped_over),
		cmocka_unit_test(anything_else_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
