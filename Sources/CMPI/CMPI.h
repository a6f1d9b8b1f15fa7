#pragma once
// MPI's constants are macros that Swift cannot see; this file only wraps them in functions. Handles are pointers in Open MPI and
// integers in MPICH; in a struct they are one type for both.
#include <mpi.h>
#include <stddef.h>

typedef struct {
    MPI_Comm handle;
} lockstep_mpi_comm;

typedef struct {
    MPI_Request handle;
} lockstep_mpi_request;

// Arrays of requests are passed to MPI as they are.
_Static_assert(sizeof(lockstep_mpi_request) == sizeof(MPI_Request), "a request has the size of its handle");

static inline int lockstep_mpi_initialize(int *provided) {
    int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, provided);
    // Communicators created from this one inherit that errors are returned.
    return status == MPI_SUCCESS ? MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN) : status;
}
static inline int lockstep_mpi_thread_multiple(void) { return MPI_THREAD_MULTIPLE; }
static inline int lockstep_mpi_success(void) { return MPI_SUCCESS; }
static inline int lockstep_mpi_finalize(void) { return MPI_Finalize(); }
static inline int lockstep_mpi_abort(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

static inline lockstep_mpi_comm lockstep_mpi_world(void) {
    return (lockstep_mpi_comm){MPI_COMM_WORLD};
}
static inline int lockstep_mpi_rank(lockstep_mpi_comm communicator, int *rank) {
    return MPI_Comm_rank(communicator.handle, rank);
}
static inline int lockstep_mpi_size(lockstep_mpi_comm communicator, int *size) {
    return MPI_Comm_size(communicator.handle, size);
}
static inline int lockstep_mpi_split(lockstep_mpi_comm communicator, int color, int key, lockstep_mpi_comm *result) {
    return MPI_Comm_split(communicator.handle, color < 0 ? MPI_UNDEFINED : color, key, &result->handle);
}
static inline int lockstep_mpi_split_by_host(lockstep_mpi_comm communicator, lockstep_mpi_comm *result) {
    return MPI_Comm_split_type(communicator.handle, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &result->handle);
}

static inline int lockstep_mpi_free(lockstep_mpi_comm *communicator) { return MPI_Comm_free(&communicator->handle); }

static inline int lockstep_mpi_ibarrier(lockstep_mpi_comm communicator, lockstep_mpi_request *request) {
    return MPI_Ibarrier(communicator.handle, &request->handle);
}
static inline int lockstep_mpi_ibroadcast(void *bytes, int count, int root, lockstep_mpi_comm communicator, lockstep_mpi_request *request) {
    return MPI_Ibcast(bytes, count, MPI_BYTE, root, communicator.handle, &request->handle);
}
static inline int lockstep_mpi_iallgather(
    const void *send, int count, void *receive, lockstep_mpi_comm communicator, lockstep_mpi_request *request) {
    return MPI_Iallgather(send, count, MPI_BYTE, receive, count, MPI_BYTE, communicator.handle, &request->handle);
}
static inline int lockstep_mpi_iallgather_varying(
    const void *send, int count, void *receive, const int *counts, const int *offsets, lockstep_mpi_comm communicator,
    lockstep_mpi_request *request) {
    return MPI_Iallgatherv(send, count, MPI_BYTE, receive, counts, offsets, MPI_BYTE, communicator.handle, &request->handle);
}
/// The same for data whose sizes and offsets are counted in units of 16 bytes.
enum { lockstep_mpi_unit = 16 };
static inline int lockstep_mpi_iallgather_units(
    const void *send, int count, void *receive, const int *counts, const int *offsets, lockstep_mpi_comm communicator,
    lockstep_mpi_request *request) {
    MPI_Datatype unit = MPI_C_DOUBLE_COMPLEX;
    return MPI_Iallgatherv(send, count, unit, receive, counts, offsets, unit, communicator.handle, &request->handle);
}
static inline int lockstep_mpi_isend(
    const void *bytes, int count, int destination, int tag, lockstep_mpi_comm communicator, lockstep_mpi_request *request) {
    return MPI_Isend(bytes, count, MPI_BYTE, destination, tag, communicator.handle, &request->handle);
}
static inline int lockstep_mpi_ireceive(
    void *bytes, int count, int source, int tag, lockstep_mpi_comm communicator, lockstep_mpi_request *request) {
    return MPI_Irecv(bytes, count, MPI_BYTE, source, tag, communicator.handle, &request->handle);
}
static inline int lockstep_mpi_test_all(int count, lockstep_mpi_request *requests, int *done) {
    return MPI_Testall(count, (MPI_Request *)requests, done, MPI_STATUSES_IGNORE);
}
/// The numbers of the completed requests; ignores `MPI_REQUEST_NULL`.
static inline int lockstep_mpi_test_some(int count, lockstep_mpi_request *requests, int *done, int *numbers) {
    int status = MPI_Testsome(count, (MPI_Request *)requests, done, numbers, MPI_STATUSES_IGNORE);
    if (*done == MPI_UNDEFINED) *done = 0;
    return status;
}
static inline lockstep_mpi_request lockstep_mpi_no_request(void) {
    return (lockstep_mpi_request){MPI_REQUEST_NULL};
}

/// Sums floats in place in MPI's order: only for comparisons.
static inline int lockstep_mpi_allreduce_floats(float *values, int count, lockstep_mpi_comm communicator) {
    return MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, communicator.handle);
}

static inline int lockstep_mpi_iallreduce_floats(
    float *values, int count, lockstep_mpi_comm communicator, lockstep_mpi_request *request) {
    return MPI_Iallreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, communicator.handle, &request->handle);
}

/// Writes MPI's text for a status into a buffer of at least 512 characters.
static inline void lockstep_mpi_error_text(int status, char *text) {
    int length = 0;
    if (MPI_Error_string(status, text, &length) != MPI_SUCCESS) length = 0;
    text[length] = 0;
}
/// The library's name and version, for reports; at least 8192 characters.
static inline void lockstep_mpi_library_version(char *text) {
    int length = 0;
    if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) length = 0;
    text[length] = 0;
}
_Static_assert(MPI_MAX_ERROR_STRING <= 512, "the buffer for error texts is too small");
_Static_assert(MPI_MAX_LIBRARY_VERSION_STRING <= 8192, "the buffer for the version is too small");
