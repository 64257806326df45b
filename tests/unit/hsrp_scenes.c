/* See hsrp_scenes.h. */
#include "hsrp_scenes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void assert_lines(struct world *w, unsigned box, const char *const *want)
{
	for (; *want; want++) {
		const char *line = world_next(w, box);
		while (!strncmp(line, "log ", 4) || !strncmp(line, "report ", 7))
			line = world_next(w, box);
		assert_string_equal(line, *want);
	}
}

void assert_silent(struct world *w, unsigned box)
{
	for (const char *line; (line = world_next(w, box))[0];)
		assert_true(!strncmp(line, "log ", 4) || !strncmp(line, "report ", 7));
}

struct world *routers(unsigned count)
{
	struct world *w = world_new(count);

	for (unsigned n = 0; n < count; n++)
		world_start(w, n);
	return w;
}

/* A alone until it is active. */
struct world *active_alone(unsigned boxes)
{
	struct world *w = world_new(boxes);

	world_start(w, A);
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_skip(w, A);
	return w;
}

/* A active, B standby. */
struct world *pair(void)
{
	struct world *w = active_alone(2);

	world_start(w, B);
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_skip(w, A);
	world_skip(w, B);
	return w;
}

double at_s(const struct world *w, unsigned box, const char *prefix)
{
	for (unsigned n = 0; n < w->box[box].lines; n++)
		if (!strncmp(w->box[box].line[n], prefix, strlen(prefix)))
			return (double)(w->box[box].line_at[n].ns - 1000000000000) / 1e9;
	return -1;
}

struct hsrp_packet packet(enum hsrp_opcode op, enum hsrp_state state, unsigned priority)
{
	return (struct hsrp_packet){
		.opcode = (uint8_t)op, .state = (uint8_t)state, .priority = (uint8_t)priority};
}
