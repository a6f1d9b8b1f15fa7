#pragma once
#include "lockstep_hdf5.h"
#include "library_names.h"
#include <stdbool.h>

// Sends bytes to the parent; ends the process where that is gone.
void lockstep_hdf5_send(int pipe, const void *bytes, size_t count);

// Opens the file, and sends the header of a data set, and its elements or its layout.
void lockstep_hdf5_serve(int pipe, const char *path, const void *image, size_t image_size, const char *name, int wanted);

// Sends where the rows of a data set lie in the file.
// - type: the type in memory.
// - Returns whether all was sent.
bool lockstep_hdf5_send_layout(int pipe, hid_t set, hid_t type, const lockstep_hdf5_header *header);

// Sends the elements of a data set. Returns whether all of them were read.
bool lockstep_hdf5_send_elements(int pipe, hid_t set, hid_t type, const lockstep_hdf5_header *header);

// Fills in the element of a header, and returns the type that is read into memory; -1 for one that is not supported.
hid_t lockstep_hdf5_memory_type(hid_t type, int32_t *element);

// Finds the data sets of a file: writes their list, and the name of the only one that can be read if `name` is empty.
// Returns how many can be read.
size_t lockstep_hdf5_list(hid_t file, char *name, char *list);
