// Loaded into a process with LD_PRELOAD, kills it between two of the changes it makes to files.
//
// KILL_BELOW  a folder; only what lies below it counts, but nothing whose path contains "records.sqlite"
// KILL_AT     which change, from 1 on; of one that writes bytes the first half is written before the end
#ifndef CKILLATSTEP_H
#define CKILLATSTEP_H

#endif
