#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stdint.h>

#include "base/str.h"

/*
 * A table of distinct texts, each known by a small number: its ident. Ident 0 is
 * the empty text. The same text has the same ident for the life of the table, so
 * texts are compared by comparing idents, and what is known about a text is an
 * array indexed by ident. Idents depend on the order of arrival: they must
 * never reach the output, nor may anything be sorted by them. A uuid takes little
 * room until its text is asked for.
 *
 * Safe to use from several threads at once.
 */
struct intern;

/* Idents from one multiple of this to the next belong to texts that begin alike, as the ids of tool
 * calls do: with pages of that length, a map by ids of one kind has few of them. */
#define INTERN_RUN 64

/* seed: any number that a writer of transcripts can't guess; it keeps the hash
 * table fast against texts made to collide. */
struct intern *intern_new(uint64_t seed);
void intern_free(struct intern *t);

/* Gives back what only the growing of the table needed, for when most texts are there. Nobody else
 * may use the table meanwhile. */
void intern_settle(struct intern *t);

/* The ident of s; the table keeps a copy. */
uint32_t intern_add(struct intern *t, struct str s);

/* The ident of s if it is already there, else 0. */
uint32_t intern_find(struct intern *t, struct str s);

/* The text of an ident; lives as long as the table. */
struct str intern_str(struct intern *t, uint32_t ident);

/* More than any ident given so far: the length of an array indexed by ident. */
uint32_t intern_count(struct intern *t);

#endif
