/*
 * The lines of a configuration file that were taken, with their numbers: what is wrong with the whole is said at a line.
 *
 * Owns:  copies of the lines and of the opening lines around them.
 * Never: matches anything: lines are in the canonical form that the session gave them.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stddef.h>

struct cli_lines;

struct cli_lines *cli_lines_new(void); /* NULL on exhaustion */
void cli_lines_free(struct cli_lines *l);
void cli_lines_add(
	struct cli_lines *l, unsigned number, const char *const context[], size_t depth, const char *line);
/*
 * The number of the last line that has `phrase` as whole words, below an opening line that begins with the words `within`
 * (NULL: in global mode; then the line itself begins so where `start` is not NULL). 0: none, or not kept for want of memory.
 */
unsigned cli_lines_find(const struct cli_lines *l, const char *within, const char *start, const char *phrase);

#endif
