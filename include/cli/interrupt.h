#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From now on SIGINT, SIGTERM and SIGHUP remove this file and end the program as they
 * would have; NULL: no file. path must live until the next call. */
void interrupt_unlinks(const char *path);

/* Writing to a pipe that nobody reads, or beyond the limit of a file's size, gives EPIPE or EFBIG
 * instead of a signal. */
void interrupt_ignore_writes(void);

#endif
