/* Points in time as nanoseconds since 1970. */

#include "base/when.h"

#include <stddef.h>

#define DAY_S INT64_C(86400)

/* "YYYY-MM-DDThh:mm:ss" */
#define CLOCK_LEN 19

/* The value of count digits at `at`, or UINT32_MAX when one of them is none. */
static uint32_t
digits(const char *at, size_t count)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned digit = (unsigned)(unsigned char)at[i] - '0';

		if (digit > 9)
			return UINT32_MAX;
		sum = sum * 10 + digit;
	}
	return sum;
}

static uint32_t
month_days(uint32_t year, uint32_t month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* Days from 1970-01-01; the year is counted from March, so that the leap day is its last. */
static int64_t
civil_days(uint32_t year, uint32_t month, uint32_t day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t m = (int64_t)month + (month > 2 ? -3 : 9);

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Reads "YYYY-MM-DDThh:mm:ss" as seconds. */
static bool
parse_clock(const char *at, int64_t *seconds)
{
	uint32_t year = digits(at, 4), month = digits(at + 5, 2), day = digits(at + 8, 2);
	uint32_t hour = digits(at + 11, 2), minute = digits(at + 14, 2),
		 second = digits(at + 17, 2);

	if (at[4] != '-' || at[7] != '-' || (at[10] | 0x20) != 't' || at[13] != ':' ||
	    at[16] != ':')
		return false;
	/* A leap second, :60, is the second after :59. RFC 3339 5.6 */
	if (year > 9999 || month - 1 > 11 || hour > 23 || minute > 59 || second > 60)
		return false;
	if (day - 1 >= month_days(year, month))
		return false;
	*seconds = civil_days(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
	return true;
}

/* Reads ".123" at the start of *text, when there is a point, and takes it off. */
static bool
parse_fraction(struct str *text, uint32_t *ns)
{
	static const uint32_t unit[] = {1,     100000000, 10000000, 1000000, 100000,
	                                10000, 1000,      100,      10,      1};
	size_t count = 0;

	*ns = 0;
	if (text->len == 0 || text->at[0] != '.')
		return true;
	while (count + 1 < text->len && text->at[count + 1] >= '0' && text->at[count + 1] <= '9')
		count++;
	if (count == 0 || count > 9)
		return false;
	*ns = digits(text->at + 1, count) * unit[count];
	*text = str_skip(*text, count + 1);
	return true;
}

/* Reads "Z", "+hh:mm" or "-hh:mm", which must be all of text. */
static bool
parse_offset(struct str text, int64_t *seconds)
{
	uint32_t hour, minute;

	*seconds = 0;
	if (text.len == 1)
		return (text.at[0] | 0x20) == 'z';
	if (text.len != 6 || (text.at[0] != '+' && text.at[0] != '-') || text.at[3] != ':')
		return false;
	hour = digits(text.at + 1, 2);
	minute = digits(text.at + 4, 2);
	if (hour > 23 || minute > 59)
		return false;
	*seconds = (int64_t)(hour * 3600 + minute * 60) * (text.at[0] == '-' ? -1 : 1);
	return true;
}

bool
when_parse(struct str text, uint64_t *ns)
{
	int64_t clock, offset;
	struct str rest = str_skip(text, CLOCK_LEN);
	uint32_t fraction;
	uint64_t total;

	if (rest.len == 0 || !parse_clock(text.at, &clock) || !parse_fraction(&rest, &fraction) ||
	    !parse_offset(rest, &offset))
		return false;
	clock -= offset;
	if (clock < 0 || (uint64_t)clock > WHEN_MAX_NS / WHEN_S)
		return false;
	total = (uint64_t)clock * WHEN_S + fraction;
	if (total > WHEN_MAX_NS)
		return false;
	*ns = total;
	return true;
}

bool
when_parse_age(struct str text, uint64_t *age_ns)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	uint64_t count, ns;

	if (text.len < 2 || !str_to_u64(str_head(text, text.len - 1), &count))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (text.at[text.len - 1] != units[i].letter)
			continue;
		if (__builtin_mul_overflow(count, units[i].seconds * WHEN_S, &ns))
			return false;
		*age_ns = ns;
		return true;
	}
	return false;
}

static char *
put(char *to, uint64_t n, size_t width)
{
	for (size_t i = width; i-- > 0; n /= 10)
		to[i] = (char)('0' + n % 10);
	return to + width;
}

size_t
when_format(uint64_t ns, char out[WHEN_TEXT_MAX])
{
	uint64_t seconds = ns / WHEN_S, fraction = ns % WHEN_S, clock = seconds % 86400;
	/* The inverse of civil_days. */
	uint64_t days = seconds / 86400 + 719468, era = days / 146097, of_era = days % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t march = (5 * of_year + 2) / 153, month = march < 10 ? march + 3 : march - 9;
	size_t decimals = 9;
	char *to;

	to = put(out, year + era * 400 + (month <= 2), 4);
	*to++ = '-';
	to = put(to, month, 2);
	*to++ = '-';
	to = put(to, of_year - (153 * march + 2) / 5 + 1, 2);
	*to++ = 'T';
	to = put(to, clock / 3600, 2);
	*to++ = ':';
	to = put(to, clock / 60 % 60, 2);
	*to++ = ':';
	to = put(to, clock % 60, 2);
	*to++ = '.';
	for (; decimals > 3 && fraction % 10 == 0; decimals--)
		fraction /= 10;
	to = put(to, fraction, decimals);
	*to++ = 'Z';
	*to = '\0';
	return (size_t)(to - out);
}
