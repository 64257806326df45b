/* Civil time of key lifetimes: see model.h. */
#include <assert.h>

#include "model/model.h"

enum { DAY_S = 86400, MONTHS = 12 };

static bool leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of(unsigned year, unsigned month)
{
	static const uint8_t days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && leap(year));
}

bool key_moment_valid(const struct key_moment *m)
{
	return m->month >= 1 && m->month <= MONTHS && m->day >= 1 && m->day <= days_of(m->year, m->month) &&
		m->hour < 24 && m->minute < 60 && m->second < 60;
}

int64_t key_moment_utc(const struct key_moment *m)
{
	int64_t days = 0;

	assert(m->year >= 1970 && key_moment_valid(m));
	for (unsigned year = 1970; year < m->year; year++)
		days += leap(year) ? 366 : 365;
	for (unsigned month = 1; month < m->month; month++)
		days += days_of(m->year, month);
	days += m->day - 1;
	return days * DAY_S + m->hour * 3600 + m->minute * 60 + m->second;
}

const char *month_name(unsigned month)
{
	static const char *const names[MONTHS] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	assert(month >= 1 && month <= MONTHS);
	return names[month - 1];
}
