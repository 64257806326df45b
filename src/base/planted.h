/*
 * Errors put in on purpose, for the simulator to find (doc/simulator.md): a simulator that finds none of them proves
 * nothing about the rest.
 *
 * Owns:  their numbers. Only a build with -Dplanted_bugs=true knows them; elsewhere PLANTED() is the constant false.
 * Never: more than one at a time, and none unless the program switches it on.
 */
#ifndef BASE_PLANTED_H
#define BASE_PLANTED_H

enum planted_bug_number {
	PLANTED_RRI_DOWN = 1,  /* the end of an old SA withdraws the route that its successor holds */
	PLANTED_EARLY_RESIGN,  /* Resign leaves before the virtual address is gone */
	PLANTED_TIMERS_FIRST,  /* timers fire before a waiting frame is read */
	PLANTED_NEVER_YIELDS,  /* an active router takes no notice of a better one */
	PLANTED_STALE_ADDRESS, /* the virtual address stays when the role is lost */
	PLANTED_FILTER_LAST,   /* routes are injected before the filter stands */
	PLANTED_BUGS = PLANTED_FILTER_LAST,
};

#ifdef HOTSWAN_PLANTED_BUGS
extern unsigned planted_bug;
#define PLANTED(number) (planted_bug == (number))
#else
#define PLANTED(number) 0
#endif

#endif
